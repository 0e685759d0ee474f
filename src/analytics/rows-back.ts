import { type SQL, sql } from "drizzle-orm";
import { timeOfId } from "~/record/request-id.ts";
import type { RollupRow } from "~/record/rollup-row.ts";
import { marksOf } from "./cells.ts";
import type { Asker } from "./question.ts";
import { looseRows, readRows } from "./read-rows.ts";
import { remembered } from "./remembered.ts";
import type { Scope } from "./scope.ts";
import { both, idRange, idsIn, type ScopePlan } from "./scope-plan.ts";
import { type Window, windowsOf } from "./windows.ts";

/** Milliseconds for what only the rows know. */
export const rowsMs = 350;

/** Adds up rows; `sum` is what stays of them, and nobody may change it. */
export interface Sums<Sum> {
  addRow(row: RollupRow): void;
  sum(): Sum;
}

export interface SummedBack<Sum> {
  /** Rows that are read each time: no cell has them yet. */
  fresh: Iterable<RollupRow>;
  /** What all others come to. */
  past: Sum;
  /** The moment from which on everything was seen; null for the whole range. Milliseconds since 1970. */
  lookedBackTo: number | null;
}

/**
 * Adds up the rows of a scope from its end on, as far back as time allows. Rows that are in cells change as rarely as
 * those cells, so their sum is remembered as those of cells are: `of` says what is summed up.
 */
export function sumBack<Sum extends readonly unknown[]>(
  of: unknown[],
  scope: Scope,
  plan: ScopePlan,
  asker: Asker,
  begin: () => Sums<Sum>,
  patienceMs = rowsMs,
): SummedBack<Sum> {
  const marks = marksOf(asker);
  const [first, last] = idRange(scope);
  const range = { first, end: Math.min(last, marks.rolled) };
  const look = () => {
    const sums = begin();
    const lookedBackTo = walkBack(asker, plan, range, patienceMs, (window) => {
      for (const row of readRows(asker, both(window, isOnTime, plan.condition))) sums.addRow(row);
    });
    return { past: sums.sum(), lookedBackTo };
  };
  const isSmall = ({ past }: ReturnType<typeof look>) => past.length <= mostSums;
  const seen = remembered(asker, [...of, plan.filters, range, patienceMs], look, isSmall);
  return { ...seen, fresh: looseRows(asker, { ...scope, gaps: [] }, marks, plan) };
}

/** Walks the rows of a range window by window, the newest first. Gives the moment from which on all were seen, or null. */
function walkBack(
  asker: Asker,
  plan: ScopePlan,
  range: Window,
  patienceMs: number,
  see: (window: SQL) => void,
): number | null {
  const until = asker.tick() + patienceMs;
  let seenFrom: number | null = null;
  for (const window of windowsOf(asker, plan, true, range, false)) {
    if (seenFrom !== null && asker.tick() >= until) return timeOfId(seenFrom);
    see(idsIn(window.first, window.end));
    seenFrom = window.first;
  }
  return null;
}

/** A sum holds a kilobyte, and strangers may come from a hundred thousand addresses. */
const mostSums = 2000;

/** The others are looked at each time: they may grow still. */
const isOnTime = sql`requests.id not in (select id from late_requests)`;
