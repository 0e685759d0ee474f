import type { SQL } from "drizzle-orm";
import { timeOfId } from "~/record/request-id.ts";
import type { RollupRow } from "~/record/rollup-row.ts";
import { marksOf } from "./cells.ts";
import type { Asker } from "./question.ts";
import { isOnTime, looseRows, readRows } from "./read-rows.ts";
import { remembered } from "./remembered.ts";
import type { Scope } from "./scope.ts";
import { both, idRange, idsIn, type ScopePlan } from "./scope-plan.ts";
import { type Window, windowsOf } from "./windows.ts";

/** Milliseconds for what only the rows know. */
export const rowsMs = 350;

/** What rows are added up in. */
export interface Sums {
  addRow(row: RollupRow): void;
  /** How many sums it holds. */
  readonly size: number;
}

export interface SummedBack<Of extends Sums> {
  /** What all rows come to that are in cells. Whoever asked only reads it. */
  past: Of;
  /** Those that no cell has yet: they are read each time. */
  fresh: Iterable<RollupRow>;
  /** The moment from which on everything was seen; null for the whole range. Milliseconds since 1970. */
  lookedBackTo: number | null;
}

/**
 * Adds up the rows of a scope from its end on, as far back as time allows. Rows that are in cells change as rarely as
 * those cells, so their sums are remembered as those of cells are, and the next look goes on where this one stopped. `of`
 * says what is summed up.
 */
export function sumBack<Of extends Sums>(
  of: unknown[],
  scope: Scope,
  plan: ScopePlan,
  asker: Asker,
  begin: () => Of,
  patienceMs = rowsMs,
): SummedBack<Of> {
  const marks = marksOf(asker);
  const [first, last] = idRange(scope);
  // Those before the mark are on their way out.
  const range = { first: Math.max(first, marks.rows), end: Math.min(last, marks.rolled) };
  const kept = remembered<{ back: Back<Of> | null }>(asker, [...of, plan.filters, range], () => ({ back: null }));
  const back = kept.back ?? { sums: begin(), seenFrom: range.end };
  // A look that fails half-way has added rows that it cannot tell from others.
  kept.back = null;
  goOn(back, range.first, plan, asker, patienceMs);
  kept.back = back.sums.size > mostSums ? null : back;

  const lookedBackTo = back.seenFrom > range.first ? timeOfId(back.seenFrom) : null;
  const from = Math.max(scope.from, lookedBackTo ?? 0);
  return { past: back.sums, fresh: looseRows(asker, { from, to: scope.to, gaps: [] }, marks, plan), lookedBackTo };
}

interface Back<Of> {
  sums: Of;
  /** The id of a request: it and all later ones are in the sums. */
  seenFrom: number;
}

function goOn(back: Back<Sums>, first: number, plan: ScopePlan, asker: Asker, patienceMs: number): void {
  const left = { first, end: back.seenFrom };
  if (plan.isRowsOnly) {
    const { rows, seenFrom } = foundBack(asker, plan, left);
    for (const row of rows) back.sums.addRow(row);
    back.seenFrom = seenFrom;
    return;
  }
  back.seenFrom = walkBack(asker, plan, left, patienceMs, (window) => {
    for (const row of onTime(asker, plan, window)) back.sums.addRow(row);
  });
}

/**
 * The rows that a filter fits of which only rows know. They are mostly few among many, and the panels of a page all ask for
 * the same: they are looked for once.
 */
function foundBack(asker: Asker, plan: ScopePlan, left: Window): { rows: RollupRow[]; seenFrom: number } {
  return asker.once(["found back", plan.filters, left], () => {
    const rows: RollupRow[] = [];
    const see = (window: SQL) => {
      for (const row of onTime(asker, plan, window)) rows.push(row);
    };
    const seenFrom = walkBack(asker, plan, left, rowsMs, see, () => rows.length >= mostFound);
    return { rows, seenFrom };
  });
}

/** Walks rows window by window, the newest first. Gives the id from which on all were seen. */
function walkBack(
  asker: Asker,
  plan: ScopePlan,
  left: Window,
  patienceMs: number,
  see: (window: SQL) => void,
  isEnough: () => boolean = () => false,
): number {
  const until = asker.tick() + patienceMs;
  let seenFrom = left.end;
  for (const window of windowsOf(asker, plan, true, left, false)) {
    if (seenFrom < left.end && (asker.tick() >= until || isEnough())) return seenFrom;
    see(idsIn(window.first, window.end));
    seenFrom = window.first;
  }
  return left.first;
}

/** The late ones are looked at each time: they may grow still. */
function onTime(asker: Asker, { condition }: ScopePlan, window: SQL): RollupRow[] {
  return readRows(asker, both(window, isOnTime, condition));
}

/** Rows that are held at once: some twenty megabytes. */
const mostFound = 100_000;

/** A sum holds a kilobyte, and there may be ten thousand addresses. Of more, each look begins anew. */
const mostSums = 1000;
