import { Html } from "@elysiajs/html";
import type { Breakdown, BreakdownRow } from "~/analytics/breakdown.ts";
import type { Asking } from "~/analytics/reader.ts";
import type { FilterName } from "~/analytics/scope.ts";
import { none } from "~/analytics/scope.ts";
import { errorRate } from "~/analytics/totals.ts";
import type { Text } from "~/config/text.ts";
import { errorKinds } from "~/errors.ts";
import type { Outcome } from "~/record/record.ts";
import { errorName, faultNames, isErrorKind } from "~/ui/errors.ts";
import { duration, percent, short, unknown, whole } from "~/ui/numbers.ts";
import { outcomeNames } from "~/ui/outcome.tsx";
import { Sparkline } from "~/ui/sparkline.tsx";
import { attr } from "~/ui/text.ts";
import { isUnfinished } from "../cells.ts";
import { filterTitles } from "../filters.ts";
import { type Look, lookAt } from "../look.ts";
import type { Panel } from "../panel.tsx";
import type { Range } from "../range.ts";
import type { View } from "../view.ts";
import { costs } from "./figures.tsx";
import { LookedBack } from "./looked-back.tsx";

interface BreakdownOptions {
  by: FilterName;
  limit: number;
  order?: "requests" | "failures";
  /** Whether there is a page with all of them to link to; it looks further back than a panel among others. */
  hasMore?: boolean;
}

/** The range's requests by one thing they differ in; a click on a row filters the whole page by it. */
export function breakdownBy(reader: Asking, options: BreakdownOptions): Panel<Breakdown> {
  const { by, limit, order = "requests" } = options;
  return {
    // One more for what went well, which has no place among what went wrong.
    load: ({ scope, range: { starts } }) => {
      const patienceMs = options.hasMore ? 100 : undefined;
      return reader.ask("breakdown", {
        scope,
        by,
        starts,
        limit: by === "error" ? limit + 1 : limit,
        order,
        patienceMs,
      });
    },
    view: ({ view, look, data }) => <BreakdownTable view={view} look={look} data={data} options={options} />,
  };
}

interface BreakdownProps {
  view: View;
  look: Look;
  data: Breakdown;
  options: BreakdownOptions;
}

function BreakdownTable({ view, look, data, options }: BreakdownProps) {
  const { say, language } = view;
  const { by, hasMore, limit } = options;
  const found = data.rows.filter(({ value }) => by !== "error" || value !== none);
  const values = data.values - (data.rows.length - found.length);
  const rows = found.slice(0, limit);
  const most = Math.max(...rows.map((row) => row.requests), 1);
  return (
    <section class="card flush breakdown">
      <header>
        <h2 safe>{headings[by][language]}</h2>
        {hasMore && values > rows.length ? (
          <a href={lookAt(view, `/dashboard/by/${by}`)} safe>
            {`${say("All", "全部")} ${whole(values)} →`}
          </a>
        ) : null}
      </header>
      <LookedBack view={view} to={data.lookedBackTo} />
      {rows.length === 0 ? (
        <p class="nothing">
          {by === "error"
            ? say("No errors in this range.", "此时段没有错误。")
            : say("No requests in this range.", "此时段没有请求。")}
        </p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col" safe>
                  {filterTitles[by][language]}
                </th>
                <th scope="col" class="n">
                  {say("Requests", "请求")}
                </th>
                <th scope="col" class="n">
                  {say("Share", "占比")}
                </th>
                <th scope="col" class="n">
                  {say("Errors", "错误率")}
                </th>
                <th scope="col" class="n">
                  p50
                </th>
                <th scope="col" class="n">
                  p95
                </th>
                <th scope="col" class="n">
                  {say("Tokens", "Token")}
                </th>
                <th scope="col" class="n">
                  {say("Cost", "费用")}
                </th>
                <th scope="col">{say("Trend", "走势")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row {...{ view, look, row, by, most }} all={data.requests} lookedBackTo={data.lookedBackTo} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface RowProps {
  view: View;
  look: Look;
  row: BreakdownRow;
  by: FilterName;
  most: number;
  all: number;
  lookedBackTo: number | null;
}

function Row({ view, look, row, by, most, all, lookedBackTo }: RowProps) {
  const { outcomes } = row;
  const share = errorRate(outcomes);
  const name = nameOf(by, row.value, row.label, view);
  const refused = outcomes.rejected > 0 ? `${whole(outcomes.rejected)} ${view.say("rejected", "拒绝")}` : undefined;
  return (
    <tr>
      <th scope="row" class="named" hx-ignore>
        <svg class="share" width="100%" height="100%" aria-hidden="true">
          <rect width={`${Math.round((row.requests / most) * 1000) / 10}%`} height="100%" rx="3" />
        </svg>
        <a
          class="cut"
          href={lookAt(view, pathOf(view), { [by]: row.value })}
          title={attr(titleOf(by, row.value, name, view))}
          safe
        >
          {name}
        </a>
      </th>
      <td class="n" title={whole(row.requests)} safe>
        {short(row.requests)}
      </td>
      <td class="n soft" safe>
        {percent(row.requests / all)}
      </td>
      <td class={`n ${share !== null && share >= 0.05 ? "bad" : ""}`} title={refused} safe>
        {percent(share)}
      </td>
      <td class="n" safe>
        {duration(row.durationMs.p50)}
      </td>
      <td class="n" safe>
        {duration(row.durationMs.p95)}
      </td>
      <td class="n" title={whole(row.tokensIn + row.tokensOut)} safe>
        {short(row.tokensIn + row.tokensOut)}
      </td>
      <td class="n">
        {row.costUsdNano === 0 && row.costCnyNano === 0 ? unknown : costs(row).map((cost) => <div safe>{cost}</div>)}
      </td>
      <td>
        <Sparkline values={trendOf(row.line, look.range, lookedBackTo, view)} />
      </td>
    </tr>
  );
}

/** Of what was looked at, and without a cell that is still filling: it would look like a fall. */
function trendOf(line: readonly number[], range: Range, lookedBackTo: number | null, view: View): readonly number[] {
  const first = lookedBackTo === null ? 0 : range.starts.findIndex((start) => start >= lookedBackTo);
  const whole = line.slice(Math.max(0, first), -1);
  return isUnfinished(range, view) && whole.some((count) => count > 0) ? whole : line;
}

/** What a value of a filter is called. */
export function nameOf(by: FilterName, value: string, label: string | undefined, { language, say }: View): string {
  if (value === none) return noneNames[by]?.[language] ?? say("none", "无");
  if (by === "outcome") return outcomeNames[value as Outcome]?.[language] ?? value;
  if (by === "error" && isErrorKind(value)) return errorName(value, language);
  return label ?? value;
}

/** An error's name with whose fault it is. */
function titleOf(by: FilterName, value: string, name: string, { language }: View): string {
  if (by !== "error" || !isErrorKind(value)) return name;
  return `${name} (${faultNames[errorKinds[value].fault][language]})`;
}

/** A page of one breakdown leads back to the overview, which shows what the choice means. */
function pathOf({ path }: View): string {
  return path.startsWith("/dashboard/by/") ? "/dashboard" : path;
}

const noneNames: Partial<Record<FilterName, Text>> = {
  key: { en: "no key", zh: "无密钥" },
  model: { en: "no model", zh: "无模型" },
  error: { en: "no error", zh: "无错误" },
  status: { en: "no answer", zh: "无应答" },
  upstream: { en: "never sent on", zh: "未转发" },
};

/** What the requests by one thing are called together. */
export const headings: Record<FilterName, Text> = {
  key: { en: "Keys", zh: "密钥" },
  model: { en: "Models", zh: "模型" },
  client: { en: "Clients", zh: "客户端" },
  version: { en: "Versions", zh: "版本" },
  agent: { en: "User agents", zh: "User-Agent" },
  api: { en: "APIs", zh: "接口" },
  upstream: { en: "Upstreams", zh: "上游" },
  outcome: { en: "Outcomes", zh: "结果" },
  error: { en: "Errors", zh: "错误" },
  status: { en: "Statuses", zh: "状态码" },
  address: { en: "Addresses, failing ones first", zh: "地址（失败多的在前）" },
};
