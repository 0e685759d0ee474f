import { Html } from "@elysiajs/html";
import type { Overview } from "~/analytics/overview.ts";
import type { Asking } from "~/analytics/reader.ts";
import { errorRate, type Spread, type Totals } from "~/analytics/totals.ts";
import type { Outcome } from "~/record/record.ts";
import { duration, money, percent, short, unknown, whole } from "~/ui/numbers.ts";
import { Stat } from "~/ui/stat.tsx";
import { type Look, lookAt } from "../look.ts";
import type { Panel } from "../panel.tsx";
import type { View } from "../view.ts";
import { Charts } from "./charts.tsx";
import { LookedBack } from "./looked-back.tsx";

/** The numbers and charts of the overview: one question, so that they always agree. */
export function figures(reader: Asking): Panel<Overview> {
  return {
    load: ({ scope, range }) => reader.ask("overview", { scope, before: range.before, starts: range.starts }),
    view: ({ view, look, data }) => (
      <>
        <LookedBack view={view} to={data.lookedBackTo} />
        <Cards view={view} look={look} overview={data} />
        <Charts view={view} range={look.range} points={data.points} />
      </>
    ),
  };
}

function Cards({ view, look, overview }: { view: View; look: Look; overview: Overview }) {
  const { say } = view;
  const { totals, running, since } = overview;
  // Nothing can be said against a time of which only a part is on record.
  const before = since !== null && since <= look.range.before.from ? overview.before : null;
  const { outcomes } = totals;
  const listOf = (outcome: Outcome) => lookAt(view, "/dashboard/requests", { outcome });
  const label = say("against the period before", "与上一时段相比");
  const compare = (of: (totals: Totals) => number | null, isBadWhenMore?: boolean) => ({
    now: of(totals),
    before: before === null ? null : of(before),
    isBadWhenMore,
    label,
  });
  const share = errorRate(outcomes);
  const currency = oneCurrency(totals, before);
  return (
    <div class="stats">
      <Stat
        name={say("Requests", "请求")}
        value={short(totals.requests)}
        title={whole(totals.requests)}
        change={compare((one) => one.requests)}
        notes={[
          `${whole(outcomes.completed)} ${say("completed", "完成")} · ${whole(outcomes.rejected)} ${say("rejected", "拒绝")} · ${whole(outcomes.aborted)} ${say("left early", "提前离开")}`,
        ]}
      />
      <Stat
        name={say("Error rate", "错误率")}
        value={percent(share)}
        title={say("(failed + lost) ÷ (completed + failed + lost)", "（失败 + 丢失）÷（完成 + 失败 + 丢失）")}
        change={compare((one) => errorRate(one.outcomes), true)}
        notes={[
          { text: `${whole(outcomes.failed)} ${say("failed", "失败")}`, href: listOf("failed") },
          ...(outcomes.lost > 0
            ? [{ text: `${whole(outcomes.lost)} ${say("lost", "丢失")}`, href: listOf("lost") }]
            : []),
        ]}
      />
      <Stat
        name={say("Duration, p95", "耗时 p95")}
        value={duration(totals.durationMs.p95)}
        change={compare((one) => one.durationMs.p95, true)}
        notes={[rest(totals.durationMs, duration)]}
      />
      <Stat
        name={say("First token, p95", "首字 p95")}
        value={duration(totals.firstTokenMs.p95)}
        change={compare((one) => one.firstTokenMs.p95, true)}
        notes={[rest(totals.firstTokenMs, duration)]}
      />
      <Stat
        name={say("Output speed, median", "输出速度（中位）")}
        value={totals.tokensPerSecond.p50 === null ? unknown : `${short(totals.tokensPerSecond.p50)} t/s`}
        title={say("output tokens a second, from the first token to the end", "从首字到结束，每秒输出的 token")}
        change={compare((one) => one.tokensPerSecond.p50, false)}
        notes={[`p95 ${speed(totals.tokensPerSecond.p95)} · p99 ${speed(totals.tokensPerSecond.p99)}`]}
      />
      <Stat
        name={say("Tokens", "Token")}
        value={short(totals.tokensIn + totals.tokensOut)}
        title={whole(totals.tokensIn + totals.tokensOut)}
        change={compare((one) => one.tokensIn + one.tokensOut)}
        notes={[
          `${short(totals.tokensIn)} ${say("in", "输入")} (${short(totals.tokensCached)} ${say("cached", "缓存")}) · ${short(totals.tokensOut)} ${say("out", "输出")} (${short(totals.tokensReasoning)} ${say("thinking", "思考")})`,
          ...(totals.estimated > 0
            ? [`${whole(totals.estimated)} ${say("requests are estimates", "个请求为估算")}`]
            : []),
        ]}
      />
      <Stat
        name={say("Cost", "费用")}
        value={costs(totals).join(" · ")}
        change={currency === null ? undefined : compare((one) => one[currency])}
        notes={
          totals.unpriced > 0 ? [`${whole(totals.unpriced)} ${say("requests have no price", "个请求没有价格")}`] : []
        }
      />
      <Stat
        name={say("In flight now", "正在进行")}
        value={whole(running)}
        notes={[
          `${say("zgate's own time", "网关自身耗时")}: ${duration(totals.overheadMs.p50)} · p95 ${duration(totals.overheadMs.p95)}`,
        ]}
      />
    </div>
  );
}

/** The currency that both periods were paid in; null where there are two, which nothing can compare. */
function oneCurrency(...periods: (Totals | null)[]): "costUsdNano" | "costCnyNano" | null {
  const used = (["costUsdNano", "costCnyNano"] as const).filter((name) =>
    periods.some((one) => (one?.[name] ?? 0) > 0),
  );
  return used.length === 1 ? used[0]! : null;
}

/** Currencies stand beside each other, and are never added. */
export function costs({ costUsdNano, costCnyNano }: Pick<Totals, "costUsdNano" | "costCnyNano">): string[] {
  const usd = money(costUsdNano / 1e9, "USD");
  if (costCnyNano === 0) return [usd];
  const cny = money(costCnyNano / 1e9, "CNY");
  return costUsdNano === 0 ? [cny] : [usd, cny];
}

function rest({ p50, p99 }: Spread, format: (value: number | null) => string): string {
  // A number and its unit stay on a line.
  return [`p50 ${format(p50)}`, `p99 ${format(p99)}`].map((one) => one.replaceAll(" ", "\u00a0")).join(" · ");
}

function speed(value: number | null): string {
  return value === null ? unknown : short(value);
}
