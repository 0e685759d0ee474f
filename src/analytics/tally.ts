import { type Outcome, outcomes } from "~/record/record.ts";
import type { Spread, Totals } from "./totals.ts";

/** What is counted of a row. */
export interface Counted {
  outcome: Outcome;
  requests: number;
  tokensIn: number | null;
  tokensOut: number | null;
  tokensCached: number | null;
  tokensReasoning: number | null;
  tokenSource: "none" | "upstream" | "estimated";
  costNano: number | null;
  costCurrency: "USD" | "CNY" | null;
  durationMs: number | null;
  firstTokenMs: number | null;
  overheadUs: number | null;
}

/** Adds rows up, exactly. */
export function createTally() {
  const counts = {
    requests: 0,
    outcomes: Object.fromEntries(Object.keys(outcomes).map((name) => [name, 0])) as Record<Outcome, number>,
    tokensIn: 0,
    tokensOut: 0,
    tokensCached: 0,
    tokensReasoning: 0,
    estimated: 0,
    costUsdNano: 0,
    costCnyNano: 0,
    unpriced: 0,
  };
  const values = {
    durationMs: [] as number[],
    firstTokenMs: [] as number[],
    speed: [] as number[],
    overhead: [] as number[],
  };

  return {
    add(row: Counted): void {
      counts.requests += row.requests;
      counts.outcomes[row.outcome] += row.requests;
      counts.tokensIn += row.tokensIn ?? 0;
      counts.tokensOut += row.tokensOut ?? 0;
      counts.tokensCached += row.tokensCached ?? 0;
      counts.tokensReasoning += row.tokensReasoning ?? 0;
      if (row.tokenSource === "estimated") counts.estimated += row.requests;
      if (row.costCurrency === "USD") counts.costUsdNano += row.costNano ?? 0;
      if (row.costCurrency === "CNY") counts.costCnyNano += row.costNano ?? 0;
      if (row.costNano === null && row.tokenSource !== "none") counts.unpriced += row.requests;
      // What was refused at the door took no time that says anything of the service.
      if (row.outcome === "rejected") return;
      if (row.durationMs !== null) values.durationMs.push(row.durationMs);
      if (row.firstTokenMs !== null) values.firstTokenMs.push(row.firstTokenMs);
      if (row.overheadUs !== null) values.overhead.push(row.overheadUs / 1000);
      const speed = speedOf(row);
      if (speed !== null) values.speed.push(speed);
    },
    totals: (): Totals => ({
      ...counts,
      durationMs: spreadOf(values.durationMs),
      firstTokenMs: spreadOf(values.firstTokenMs),
      tokensPerSecond: spreadOf(values.speed),
      overheadMs: spreadOf(values.overhead),
    }),
  };
}

/** Output tokens a second, from the first token to the end; null where one of them is not known. */
export function speedOf({ tokensOut, durationMs, firstTokenMs }: Counted): number | null {
  if (tokensOut === null || tokensOut === 0 || durationMs === null || firstTokenMs === null) return null;
  return durationMs > firstTokenMs ? (tokensOut * 1000) / (durationMs - firstTokenMs) : null;
}

function spreadOf(values: number[]): Spread {
  values.sort((one, other) => one - other);
  // The smallest value that at least the given share of all is not above.
  const at = (share: number) => (values.length === 0 ? null : values[Math.ceil(share * values.length) - 1]!);
  return { count: values.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
