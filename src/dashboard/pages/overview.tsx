import { Html } from "@elysiajs/html";
import type { RequestLine } from "~/analytics/request-list.ts";
import { Lines } from "~/ui/copy.tsx";
import { Layout } from "../layout.tsx";
import { RequestTable } from "../panels/request-table.tsx";
import type { View } from "../view.ts";
import { firstTry } from "./home.tsx";

export function Overview({ view, lines, model }: { view: View; lines: readonly RequestLine[]; model: string }) {
  const { say } = view;
  return (
    <Layout view={view} here="/dashboard" title={say("Overview", "概览")}>
      <h1>{say("Latest requests", "最近的请求")}</h1>
      {lines.length === 0 ? (
        <section class="card empty">
          <h2>{say("Nothing has come in yet", "还没有请求")}</h2>
          <p>
            {say(
              "Paste this into a terminal, with a key of yours, and reload this page.",
              "把下面的命令粘贴到终端（换成你的密钥），然后刷新本页。",
            )}
          </p>
          <Lines text={firstTry(view.origin, model, say("Say hello", "你好"))} say={say} />
        </section>
      ) : (
        <section class="card flush">
          <RequestTable view={view} lines={lines} />
        </section>
      )}
    </Layout>
  );
}
