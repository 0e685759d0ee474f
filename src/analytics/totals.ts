import type { Outcome } from "~/record/record.ts";

/** What a set of requests came to. */
export interface Totals {
  /** All of them, running ones as well. */
  requests: number;
  outcomes: Record<Outcome, number>;
  tokensIn: number;
  tokensOut: number;
  tokensCached: number;
  tokensReasoning: number;
  /** Requests whose tokens nobody counted. */
  estimated: number;
  /** Billionths of each currency: they are never added up. */
  costUsdNano: number;
  costCnyNano: number;
  /** Requests that used tokens of a model without a price. */
  unpriced: number;
  durationMs: Spread;
  firstTokenMs: Spread;
  /** Output tokens a second, from the first token to the end. */
  tokensPerSecond: Spread;
  /** What zgate itself took. */
  overheadMs: Spread;
}

/** How values spread; the percentiles are null where there are no values. */
export interface Spread {
  count: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** (failed + lost) ÷ (completed + failed + lost); null where nothing of the kind happened. */
export function errorRate({ completed, failed, lost }: Record<Outcome, number>): number | null {
  const served = completed + failed + lost;
  return served === 0 ? null : (failed + lost) / served;
}
