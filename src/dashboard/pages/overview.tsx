import { Html } from "@elysiajs/html";
import type { Asking } from "~/analytics/reader.ts";
import type { FilterName } from "~/analytics/scope.ts";
import type { LogLine } from "~/log.ts";
import { isUnfinished } from "../cells.ts";
import { Layout } from "../layout.tsx";
import { type Look, liveFrom, lookAt } from "../look.ts";
import { show } from "../panel.tsx";
import { breakdownBy } from "../panels/breakdown.tsx";
import { figures } from "../panels/figures.tsx";
import { type Beginnings, firstSteps } from "../panels/first-steps.tsx";
import { LiveButton } from "../panels/live-button.tsx";
import { toolbar } from "../toolbar.tsx";
import type { View } from "../view.ts";

interface FiguresProps {
  view: View;
  look: Look;
  beginnings: Beginnings;
  reader: Asking;
  logError: LogLine;
}

interface OverviewProps extends FiguresProps {
  labels: Partial<Record<FilterName, string>>;
}

export function Overview({ labels, ...props }: OverviewProps) {
  const { view, look, reader, logError } = props;
  const { say } = view;
  // What is over does not change any more.
  const isLive = isUnfinished(look.range, view);
  return (
    <Layout view={view} here="/dashboard" title={say("Overview", "概览")}>
      <div class="head">
        <h1>{say("Overview", "概览")}</h1>
        {isLive ? <LiveButton view={view} /> : null}
        {show(toolbar(reader, labels), view, look, logError)}
      </div>
      <div
        id="figures"
        data-live={isLive ? liveFrom(view) : undefined}
        hx-get={lookAt(view, "/dashboard")}
        hx-trigger="zgate:changed"
        hx-swap="innerMorph"
      >
        <Figures {...props} />
      </div>
      <Definitions view={view} />
    </Layout>
  );
}

/** What changes with the traffic: the piece of the page that is asked for again when something happened. */
export function Figures({ view, look, beginnings, reader, logError }: FiguresProps) {
  return (
    <>
      {show(firstSteps(reader, beginnings, view.now), view, look, logError)}
      {show(figures(reader), view, look, logError)}
      <div class="breakdowns">
        {shown.map(({ by, order }) =>
          show(breakdownBy(reader, { by, order, limit: 8, hasMore: true }), view, look, logError),
        )}
      </div>
    </>
  );
}

const shown: { by: FilterName; order?: "failures" }[] = [
  { by: "model" },
  { by: "upstream" },
  { by: "key" },
  { by: "client" },
  { by: "error" },
  { by: "status" },
  { by: "address", order: "failures" },
  { by: "api" },
];

function Definitions({ view: { say } }: { view: View }) {
  return (
    <details class="card definitions">
      <summary>{say("What is counted, and how", "统计口径")}</summary>
      <dl class="pairs">
        <dt>{say("Request", "请求")}</dt>
        <dd>
          {say(
            "A call under /v1 or /anthropic, refused ones and unknown paths there included. Preflights, these pages and the admin API are not.",
            "/v1 或 /anthropic 下的调用，包括被拒绝的和未知路径；预检请求、本面板和管理接口不计。",
          )}
        </dd>
        <dt>{say("Error rate", "错误率")}</dt>
        <dd>
          {say(
            "(failed + lost) ÷ (completed + failed + lost). Rejected requests and clients that left stand beside it: the first were refused by your own rules, the second are nobody's fault.",
            "（失败 + 丢失）÷（完成 + 失败 + 丢失）。被拒绝的和客户端主动离开的另计：前者由你的规则拒绝，后者不是谁的错。",
          )}
        </dd>
        <dt>{say("Lost", "丢失")}</dt>
        <dd>
          {say(
            "Was running when zgate was killed; nobody knows how it went on.",
            "zgate 被强制结束时仍在进行，后来如何无从得知。",
          )}
        </dd>
        <dt>{say("Duration, first token", "耗时、首字")}</dt>
        <dd>
          {say(
            "From the arrival of the request to its last byte, and to its first piece of text or thinking. Refused requests are left out.",
            "从请求到达，分别到最后一个字节和第一段文字或思考。被拒绝的请求不计入。",
          )}
        </dd>
        <dt>{say("Percentiles", "百分位")}</dt>
        <dd>
          {say(
            "p95: 95 of 100 requests were at most that slow. Over long ranges they come from histograms and are right to 1.6 %.",
            "p95：100 个请求中有 95 个不慢于此。较长时段取自直方图，误差不超过 1.6%。",
          )}
        </dd>
        <dt>{say("zgate's own time", "网关自身耗时")}</dt>
        <dd>
          {say(
            "The duration less waiting in queues and less waiting for the upstream.",
            "耗时减去排队和等待上游的时间。",
          )}
        </dd>
        <dt>{say("Cost", "费用")}</dt>
        <dd>
          {say(
            "By the price of the model at the time of the request. Currencies are never added up.",
            "按请求当时的模型价格计算。不同货币从不相加。",
          )}
        </dd>
      </dl>
    </details>
  );
}
