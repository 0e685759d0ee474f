import { binOf } from "./histogram.ts";
import { outcomes, tokenSources } from "./record.ts";
import { lists, type Marks, mark } from "./spread.ts";

/** What the rollup and exact answers read of a request, in the order of a row's values. */
export const rowColumns = [
  "id",
  "outcome",
  "requests",
  "keyId",
  "apiId",
  "modelId",
  "upstreamId",
  "userAgentId",
  "errorKind",
  "status",
  "firstTokenMs",
  "durationMs",
  "overheadUs",
  "tokensIn",
  "tokensOut",
  "tokensCached",
  "tokensReasoning",
  "tokenSource",
  "costNano",
  "costCurrency",
  "addressId",
] as const;
export type RowColumn = (typeof rowColumns)[number];

/** A request as SQLite gives it: numbers and NULLs side by side, as `at` names them. */
export type RollupRow = (number | null)[];

/** Where each value stands in a row. */
export const at = Object.fromEntries(rowColumns.map((name, index) => [name, index])) as Record<RowColumn, number>;

/** What cells count, in the order of their columns. */
export const countColumns = [
  "completed",
  "failed",
  "aborted",
  "rejected",
  "lost",
  "tokensIn",
  "tokensOut",
  "tokensCached",
  "tokensReasoning",
  "estimated",
  "costUsdNano",
  "costCnyNano",
  "unpriced",
] as const;
export type CountColumn = (typeof countColumns)[number];
export const countAt = Object.fromEntries(countColumns.map((name, index) => [name, index])) as Record<
  CountColumn,
  number
>;

/** Counts of a cell, or of a row on its way into one, in the order of `countColumns`. */
export type Counts = number[] | Float64Array;

export function addRowCounts(counts: Counts, row: RollupRow): void {
  const many = row[at.requests]!;
  // completed 1 … lost 5, in the columns' order.
  counts[row[at.outcome]! - 1]! += many;
  if (row[at.tokenSource] === tokenSources.none) return;
  counts[countAt.tokensIn]! += row[at.tokensIn] ?? 0;
  counts[countAt.tokensOut]! += row[at.tokensOut] ?? 0;
  counts[countAt.tokensCached]! += row[at.tokensCached] ?? 0;
  counts[countAt.tokensReasoning]! += row[at.tokensReasoning] ?? 0;
  if (row[at.tokenSource] === tokenSources.estimated) counts[countAt.estimated]! += many;
  const cost = row[at.costNano];
  if (cost === null || cost === undefined) counts[countAt.unpriced]! += many;
  else counts[row[at.costCurrency] === 2 ? countAt.costCnyNano : countAt.costUsdNano]! += cost;
}

/** Values of a row whose spread is kept: null where it has none. */
export interface Measures {
  durationMs: number | null;
  firstTokenMs: number | null;
  /** Output tokens a second, times 100, from the first token to the end. */
  speed: number | null;
  overheadUs: number | null;
}

/**
 * Times are of requests that came to their end, well or badly: completed and failed ones. A refusal takes no time worth
 * mixing in, and one that was left early would have taken longer.
 */
export function measuresOf(row: RollupRow): Measures {
  if (row[at.outcome] !== outcomes.completed && row[at.outcome] !== outcomes.failed) return noMeasures;
  const durationMs = row[at.durationMs] ?? null;
  const firstTokenMs = row[at.firstTokenMs] ?? null;
  return {
    durationMs,
    firstTokenMs,
    speed: speedOf(row, durationMs, firstTokenMs),
    overheadUs: row[at.overheadUs] ?? null,
  };
}

export function marksOfRow(row: RollupRow, marks: Marks): void {
  const { durationMs, firstTokenMs, speed, overheadUs } = measuresOf(row);
  if (durationMs !== null) marks.push(mark(lists.duration + binOf(durationMs)));
  if (firstTokenMs !== null) marks.push(mark(lists.firstToken + binOf(firstTokenMs)));
  if (speed !== null) marks.push(mark(lists.speed + binOf(speed)));
  if (overheadUs !== null) marks.push(mark(lists.overhead + binOf(overheadUs)));
  const errorKind = row[at.errorKind];
  if (errorKind) marks.push(mark(lists.error + errorKind, row[at.requests]!));
}

const noMeasures: Measures = { durationMs: null, firstTokenMs: null, speed: null, overheadUs: null };

function speedOf(row: RollupRow, durationMs: number | null, firstTokenMs: number | null): number | null {
  const tokens = row[at.tokensOut];
  if (!tokens || durationMs === null || firstTokenMs === null || durationMs <= firstTokenMs) return null;
  return Math.round((tokens * 100_000) / (durationMs - firstTokenMs));
}
