import { grainMinutes, grainsOf } from "~/record/cell.ts";
import { firstIdAt, timeOfId } from "~/record/request-id.ts";
import { at, type RollupRow } from "~/record/rollup-row.ts";
import type { Level } from "~/record/series.ts";
import { type Marks, marksOf, readCells, spreadAt } from "./cells.ts";
import { type Cover, cover } from "./cover.ts";
import { lastNotAfter } from "./numbers.ts";
import type { Asker } from "./question.ts";
import { areFew, fewRows, looseRows, runningRows } from "./read-rows.ts";
import { remembered } from "./remembered.ts";
import { createRowSum } from "./row-sum.ts";
import { sumBack } from "./rows-back.ts";
import type { Scope } from "./scope.ts";
import { planOf, type ScopePlan } from "./scope-plan.ts";
import { createTally, type Tally } from "./tally.ts";

/** How an answer came about. */
export interface Basis {
  /** Whether every number is of the rows themselves. Else counts are exact, and percentiles are off by 1.6 % at most. */
  exact: boolean;
  /** Where rows are gone, a range that begins or ends within a cell is rounded to it. */
  rounded: boolean;
  /** Where only the rows could tell and there were too many: the moment from which on they were seen; else null. */
  lookedBackTo: number | null;
}

/**
 * Adds up the requests of a scope in the stretches between growing `bounds`, of which the first is `scope.from` and the
 * last `scope.to`. `whole` is all of them.
 */
export function tallyScope(
  scope: Scope,
  bounds: readonly number[],
  asker: Asker,
): Basis & { points: Tally[]; whole: Tally } {
  const points = bounds.slice(1).map(() => createTally());
  const plan = planOf(scope, asker);
  const basis = plan.isEmpty ? exactly : fillPoints(points, bounds, scope, plan, asker);
  const whole = createTally();
  for (const point of points) whole.addTally(point);
  return { ...basis, points, whole };
}

const exactly: Basis = { exact: true, rounded: false, lookedBackTo: null };

function fillPoints(points: Tally[], bounds: readonly number[], scope: Scope, plan: ScopePlan, asker: Asker): Basis {
  const marks = marksOf(asker);
  // What came while the question was on its way belongs to the last point.
  const placeOf = (id: number) => Math.min(lastNotAfter(bounds, timeOfId(id)), points.length - 1);
  const pointAt = (id: number) => points[placeOf(id)];
  const addRows = (rows: Iterable<RollupRow>) => {
    for (const row of rows) pointAt(row[at.id]!)?.addRow(row);
  };
  const addSums = (sums: readonly (readonly unknown[])[]) => {
    for (const [place, sum] of sums.entries()) points[place]!.addCell(sum, 0, sum[spreadAt - 1] as Uint8Array, 1);
  };
  for (const [id, requests] of runningRows(scope, plan, asker)) pointAt(id)?.addRunning(requests);

  if (areFew(scope, marks, asker)) {
    addRows(fewRows(scope, plan, asker));
    return exactly;
  }
  if (plan.isRowsOnly) {
    const of = ["points of rows", bounds.slice(0, -1)];
    const { past, fresh, lookedBackTo } = sumBack(of, scope, plan, asker, () => {
      const sums = points.map(createRowSum);
      return { sums, size: sums.length, addRow: (row) => sums[placeOf(row[at.id]!)]?.addRow(row) };
    });
    addSums(past.sums.map((sum) => sum.cell()));
    addRows(fresh);
    return { exact: false, rounded: false, lookedBackTo };
  }
  const sources = asker.series.sourcesOf(plan.fixed);
  const covered = coverOf(bounds, sources.level, marks, asker);
  const sums = remembered(asker, ["points", plan.fixed, bounds.slice(0, -1), covered.to], () => {
    const parts = [...points, ...covered.remainders].map(createTally);
    readCells(asker, sources, covered.runs, (part, cell, sign) => {
      parts[part]!.addCell(cell, 1, cell[spreadAt] as Uint8Array, sign);
    });
    for (const { part, addedTo, takenFrom } of covered.remainders) {
      parts[addedTo]!.addTally(parts[part]!);
      parts[takenFrom]!.addTally(parts[part]!, -1);
    }
    return parts.slice(0, points.length).map((part) => part.sum());
  });
  addSums(sums);
  addRows(looseRows(asker, covered, marks, plan));
  return { exact: false, rounded: covered.rounded, lookedBackTo: null };
}

export interface Covered extends Cover {
  rounded: boolean;
  /** What is covered in all. */
  from: number;
  to: number;
}

/** The cells for some stretches of time, as far as they stand. */
export function coverOf(bounds: readonly number[], level: Level, marks: Marks, { now }: Asker): Covered {
  const names = grainsOf[level];
  let rounded = false;
  const fitted = bounds.map((bound, place) => {
    // Nothing lies behind this moment, so the last cell may be as large as it likes.
    if (place === bounds.length - 1 && bound >= now) return Math.ceil(bound / dayMs) * dayMs;
    if (firstIdAt(bound) >= marks.rows) return bound;
    const finest = names.find((grain) => marks.since[grain] * 60_000 <= bound) ?? "day";
    const length = grainMinutes[finest] * 60_000;
    if (bound % length !== 0) rounded = true;
    return bound - (bound % length);
  });
  return { ...cover(fitted, names, marks.since), rounded, from: fitted[0]!, to: fitted.at(-1)! };
}

const dayMs = 86_400_000;
