import { Html } from "@elysiajs/html";
import type { OverviewPoint } from "~/analytics/overview.ts";
import { type ErrorKind, errorKinds, type Fault } from "~/errors.ts";
import type { Outcome } from "~/record/record.ts";
import { Chart, type Series } from "~/ui/chart.tsx";
import { errorName } from "~/ui/errors.ts";
import { duration, short, whole } from "~/ui/numbers.ts";
import { outcomeNames } from "~/ui/outcome.tsx";
import { cellsOf } from "../cells.ts";
import type { Range } from "../range.ts";
import type { View } from "../view.ts";

/** How the range went, cell by cell. */
export function Charts({ view, range, points }: { view: View; range: Range; points: readonly OverviewPoint[] }) {
  const { say } = view;
  const common = {
    cells: cellsOf(range, view),
    asTable: say("As a table", "以表格查看"),
    timeTitle: say("Time", "时间"),
  };
  return (
    <div class="charts">
      <Chart
        {...common}
        title={say("Requests by outcome", "请求（按结果）")}
        summary={say(
          "Bars: requests over time by outcome; the table below holds the numbers",
          "柱状图：各时段请求数，数值见下方表格",
        )}
        shape="bars"
        series={outcomeSeries(points, view)}
        format={short}
        nothing={say("No requests in this range.", "此时段没有请求。")}
      />
      <Chart
        {...common}
        title={say("Duration", "耗时")}
        summary={say(
          "Lines: percentiles of duration over time; the table below holds the numbers",
          "折线图：各时段耗时百分位，数值见下方表格",
        )}
        shape="lines"
        series={spreadSeries(points, "durationMs")}
        format={duration}
        tick={durationTick}
        nothing={say("Nothing was answered in this range.", "此时段没有应答。")}
      />
      <Chart
        {...common}
        title={say("Time to first token", "首字时间")}
        summary={say(
          "Lines: percentiles of the time to the first token; the table below holds the numbers",
          "折线图：各时段首字时间百分位，数值见下方表格",
        )}
        shape="lines"
        series={spreadSeries(points, "firstTokenMs")}
        format={duration}
        tick={durationTick}
        nothing={say("No streams in this range.", "此时段没有流式应答。")}
      />
      <Chart
        {...common}
        title={say("Errors by kind", "错误（按种类）")}
        summary={say(
          "Bars: errors over time by kind; the table below holds the numbers",
          "柱状图：各时段错误数，数值见下方表格",
        )}
        shape="bars"
        series={errorSeries(points, view)}
        format={whole}
        nothing={say("No errors in this range.", "此时段没有错误。")}
      />
      <Chart
        {...common}
        title={say("Tokens", "Token")}
        summary={say(
          "Bars: tokens over time; the table below holds the numbers",
          "柱状图：各时段 token 数，数值见下方表格",
        )}
        shape="bars"
        series={tokenSeries(points, view)}
        format={short}
        nothing={say("No tokens in this range.", "此时段没有 token。")}
      />
    </div>
  );
}

function durationTick(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 1_000_000 ? `${ms / 1_000} s` : `${Math.round(ms / 60_000)} min`;
}

function outcomeSeries(points: readonly OverviewPoint[], { language }: View): Series[] {
  const shown: Outcome[] = ["completed", "failed", "lost", "aborted", "rejected", "running"];
  return shown
    .map((outcome) => ({
      name: outcomeNames[outcome][language],
      class: `fill-${outcome}`,
      values: points.map(({ outcomes }) => outcomes[outcome]),
    }))
    .filter(({ values }, at) => at < 2 || values.some((value) => value > 0));
}

function spreadSeries(points: readonly OverviewPoint[], of: "durationMs" | "firstTokenMs"): Series[] {
  return (["p50", "p95", "p99"] as const).map((name) => ({
    name,
    class: `fill-${name}`,
    values: points.map((point) => point[of][name]),
  }));
}

const mostKinds = 6;
/** Of one fault's colour. */
const shades = 3;

/** The kinds that come up most, each in a shade of whose fault it is; the others together. */
function errorSeries(points: readonly OverviewPoint[], { language, say }: View): Series[] {
  const sums = new Map<ErrorKind, number>();
  for (const { errors } of points) {
    for (const [kind, count] of Object.entries(errors) as [ErrorKind, number][]) {
      sums.set(kind, (sums.get(kind) ?? 0) + count);
    }
  }
  const sorted = [...sums.keys()].sort((one, other) => sums.get(other)! - sums.get(one)!);
  const used: Record<Fault, number> = { caller: 0, policy: 0, upstream: 0, gateway: 0 };
  const rest: ErrorKind[] = [];
  const series: Series[] = [];
  for (const kind of sorted) {
    const { fault } = errorKinds[kind];
    if (series.length === mostKinds || used[fault] === shades) {
      rest.push(kind);
      continue;
    }
    used[fault]++;
    series.push({
      name: errorName(kind, language),
      class: `fill-${fault}-${used[fault]}`,
      values: points.map(({ errors }) => errors[kind] ?? 0),
    });
  }
  if (rest.length === 0) return series;
  const others = points.map(({ errors }) => rest.reduce((sum, kind) => sum + (errors[kind] ?? 0), 0));
  return [...series, { name: say("others", "其他"), class: "fill-lost", values: others }];
}

function tokenSeries(points: readonly OverviewPoint[], { say }: View): Series[] {
  return [
    {
      name: say("in, cached", "输入（缓存）"),
      class: "fill-cached",
      values: points.map((point) => point.tokensCached),
    },
    {
      name: say("in, new", "输入（新）"),
      class: "fill-in",
      values: points.map((point) => Math.max(0, point.tokensIn - point.tokensCached)),
    },
    {
      name: say("out, thinking", "输出（思考）"),
      class: "fill-reasoning",
      values: points.map((point) => point.tokensReasoning),
    },
    {
      name: say("out, answer", "输出（回答）"),
      class: "fill-out",
      values: points.map((point) => Math.max(0, point.tokensOut - point.tokensReasoning)),
    },
  ];
}
