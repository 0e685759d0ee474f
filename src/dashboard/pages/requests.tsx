import { Html } from "@elysiajs/html";
import type { Asking } from "~/analytics/reader.ts";
import type { RequestList } from "~/analytics/request-list.ts";
import type { FilterName } from "~/analytics/scope.ts";
import type { LogLine } from "~/log.ts";
import { Lines } from "~/ui/copy.tsx";
import { attr } from "~/ui/text.ts";
import { absolute } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import { type Look, liveFrom, lookAt } from "../look.ts";
import { show } from "../panel.tsx";
import { LiveButton } from "../panels/live-button.tsx";
import { RequestTable } from "../panels/request-table.tsx";
import { Kept, toolbar } from "../toolbar.tsx";
import { linkTo, type View } from "../view.ts";
import { firstTry } from "./home.tsx";

interface RequestsProps {
  view: View;
  look: Look;
  list: RequestList;
  search: string;
  labels: Partial<Record<FilterName, string>>;
  /** The model that a request gets which names none. */
  model: string;
  reader: Asking;
  logError: LogLine;
}

export function Requests({ view, look, list, search, labels, model, reader, logError }: RequestsProps) {
  const { say } = view;
  const isNewest = !list.hasNewer && look.range.name !== "custom";
  return (
    <Layout view={view} here="/dashboard/requests" title={say("Requests", "请求")}>
      <div class="head">
        <h1>{say("Requests", "请求")}</h1>
        {show(toolbar(reader, labels), view, look, logError)}
      </div>
      <div class="actions">
        <form method="get" action="/dashboard/requests" class="search">
          <Kept view={view} without={["q"]} />
          <label class="unseen" for="q">
            {say("Search", "搜索")}
          </label>
          <input
            id="q"
            type="search"
            name="q"
            value={attr(search)}
            maxlength="200"
            placeholder={say("request id, user agent, address or error text", "请求 ID、User-Agent、地址或错误文本")}
          />
          <button type="submit">{say("Search", "搜索")}</button>
        </form>
        {isNewest ? <LiveButton view={view} /> : null}
        <span class="exports">
          {say("Export", "导出")}{" "}
          <a href={lookAt(view, "/dashboard/export.csv")} download="">
            CSV
          </a>{" "}
          <a href={lookAt(view, "/dashboard/export.jsonl")} download="">
            JSON Lines
          </a>
        </span>
      </div>
      {list.lines.length === 0 && !isNewest ? null : (
        <section class="card flush" data-live={isNewest ? liveFrom(view) : undefined}>
          <RequestTable view={view} lines={list.lines} />
        </section>
      )}
      {list.lines.length === 0 ? <Nothing view={view} look={look} search={search} model={model} /> : null}
      <Pages view={view} list={list} />
    </Layout>
  );
}

function Nothing({ view, look, search, model }: { view: View; look: Look; search: string; model: string }) {
  const { say } = view;
  const isNarrow = search !== "" || Object.keys(look.filters).length > 0;
  return (
    <section class="card empty">
      <h2>{say("No requests here", "这里没有请求")}</h2>
      {isNarrow ? (
        <p>
          {say("Nothing in this range matches.", "此时段没有符合条件的请求。")}{" "}
          <a href="/dashboard/requests?range=90d">{say("Show all of 90 days", "查看 90 天的全部请求")}</a>
        </p>
      ) : (
        <>
          <p>
            {say("Nothing came in during this range. This sends a request:", "此时段没有请求。用下面的命令发一个：")}
          </p>
          <Lines text={firstTry(view.origin, model, say("Hello", "你好"))} say={say} />
        </>
      )}
    </section>
  );
}

/** By ids, not by numbers of pages: what arrives meanwhile moves nothing. */
function Pages({ view, list }: { view: View; list: RequestList }) {
  const { say } = view;
  const { hasNewer, hasOlder, newer, older, lookedBackTo } = list;
  return (
    <nav class="pages" aria-label={say("Older and newer", "翻页")}>
      {lookedBackTo === null ? null : (
        <span class="soft" safe>
          {`${say("Looked back to", "已查找至")} ${absolute(lookedBackTo, view)}`}
        </span>
      )}
      {hasNewer ? (
        <a class="button" href={linkTo(view, { older: null, newer: null })}>
          {say("« Newest", "« 最新")}
        </a>
      ) : null}
      {hasNewer && newer !== null ? (
        <a class="button" href={linkTo(view, { newer: `${newer}`, older: null })}>
          {say("‹ Newer", "‹ 较新")}
        </a>
      ) : null}
      {hasOlder && older !== null ? (
        <a class="button" href={linkTo(view, { older: `${older}`, newer: null })}>
          {lookedBackTo === null ? say("Older ›", "较旧 ›") : say("Look further back ›", "继续向前查找 ›")}
        </a>
      ) : null}
    </nav>
  );
}
