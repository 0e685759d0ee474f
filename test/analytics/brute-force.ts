import type { Filters } from "~/analytics/scope.ts";
import type { Totals } from "~/analytics/totals.ts";
import { errorKinds } from "~/errors.ts";
import { outcomes } from "~/record/record.ts";
import type { MonthRow } from "./world.ts";

/** What a question should answer, computed from every row in the plainest way, by other code than zgate's. */
export function matching(rows: MonthRow[], range: { from: number; to: number }, filters: Filters): MonthRow[] {
  return rows.filter(
    (row) =>
      row.at >= range.from &&
      row.at < range.to &&
      Object.entries(filters).every(([name, value]) => wordOf(row, name) === value),
  );
}

/** What a row says to a filter. */
export function wordOf(row: MonthRow, filter: string): string {
  const value = {
    key: row.key_id,
    outcome: Object.entries(outcomes).find(([, number]) => number === row.outcome)?.[0],
    error: Object.entries(errorKinds).find(([, { code }]) => code === row.error_kind)?.[0],
    model: row.model,
    client: row.client,
    version: row.version,
    agent: row.agent,
    api: row.api,
    upstream: row.upstream,
    status: row.status,
    address: row.address,
  }[filter];
  return value === null || value === undefined ? "none" : String(value);
}

export function total(rows: MonthRow[]): Totals {
  const sum = (value: (row: MonthRow) => unknown) => rows.reduce((all, row) => all + Number(value(row) ?? 0), 0);
  const many = (is: (row: MonthRow) => boolean) => sum((row) => (is(row) ? row.requests : 0));
  const ended = rows.filter((row) => row.outcome !== outcomes.running);
  const inEnded = (column: string) => ended.reduce((all, row) => all + Number(row[column] ?? 0), 0);
  const timed = rows.filter((row) => row.outcome === outcomes.completed || row.outcome === outcomes.failed);
  const values = (value: (row: MonthRow) => number | null) => timed.map(value).filter((one) => one !== null);
  const column = (name: string, unit: number) =>
    values((row) => (row[name] === null ? null : Number(row[name]) / unit));
  return {
    requests: sum((row) => row.requests),
    outcomes: Object.fromEntries(
      Object.entries(outcomes).map(([word, number]) => [word, many((row) => row.outcome === number)]),
    ) as Totals["outcomes"],
    tokensIn: inEnded("tokens_in"),
    tokensOut: inEnded("tokens_out"),
    tokensCached: inEnded("tokens_cached"),
    tokensReasoning: inEnded("tokens_reasoning"),
    estimated: many((row) => row.outcome !== outcomes.running && row.token_source === 2),
    costUsdNano: inEnded("cost_nano"),
    costCnyNano: 0,
    unpriced: many((row) => row.outcome !== outcomes.running && row.token_source !== 0 && row.cost_nano === null),
    durationMs: spread(column("duration_ms", 1)),
    firstTokenMs: spread(column("first_token_ms", 1)),
    tokensPerSecond: spread(
      values((row) => {
        const ms = Number(row.duration_ms) - Number(row.first_token_ms);
        const isKnown = row.first_token_ms !== null && row.tokens_out && ms > 0;
        return isKnown ? Math.round((Number(row.tokens_out) * 100_000) / ms) / 100 : null;
      }),
    ),
    overheadMs: spread(column("overhead_us", 1000)),
  };
}

function spread(values: number[]) {
  const sorted = values.sort((one, other) => one - other);
  const at = (share: number) => (sorted.length === 0 ? null : sorted[Math.ceil(share * sorted.length) - 1]!);
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Where two answers differ: counts by anything, percentiles by more than the share that is allowed. */
export function differences(is: Totals, should: Totals, share: number): string[] {
  const found: string[] = [];
  const compare = (path: string, one: unknown, other: unknown) => {
    if (typeof other === "object" && other !== null) {
      for (const [name, value] of Object.entries(other)) {
        compare(`${path}.${name}`, (one as Record<string, unknown>)[name], value);
      }
      return;
    }
    const isPercentile = /\.p\d\d$/.test(path);
    const isNear =
      isPercentile && typeof one === "number" && Math.abs(one - Number(other)) <= share * Number(other) + 1e-9;
    if (one !== other && !isNear) found.push(`${path}: ${one} instead of ${other}`);
  };
  compare("totals", is, should);
  return found;
}
