import { type Grain, grains, grainsPerSeries, minutesPerGrain } from "../../drizzle/numbers.ts";
import { timeOfId } from "./request-id.ts";
import { addRowCounts, at, type Counts, countColumns, marksOfRow, type RollupRow } from "./rollup-row.ts";
import type { Level } from "./series.ts";
import { type Marks, tidy } from "./spread.ts";

/** From the finest; each divides the next one. */
export const grainNames = ["minute", "quarter", "hour", "day"] as const satisfies Grain[];
export const grainMinutes: Record<Grain, number> = { minute: 1, quarter: 15, hour: 60, day: 1440 };

/** Which grains a series has: what is asked together rarely is not kept finely. */
export const grainsOf: Record<Level, readonly Grain[]> = {
  single: ["minute", "quarter", "hour", "day"],
  pair: ["quarter", "hour", "day"],
  whole: ["hour", "day"],
};

/** The id of the cell that holds a minute (since 1970). */
export function cellId(seriesId: number, grain: Grain, minute: number): number {
  const start = minute - (minute % grainMinutes[grain]);
  return (seriesId * grainsPerSeries + grains[grain]) * minutesPerGrain + start;
}

export function minuteOfCell(id: number): number {
  return id % minutesPerGrain;
}

export function grainOfCell(id: number): Grain {
  return grainNames[Math.floor(id / minutesPerGrain) % grainsPerSeries]!;
}

export function seriesOfCell(id: number): number {
  return Math.floor(id / (minutesPerGrain * grainsPerSeries));
}

/** The minute (since 1970) that a request belongs to. */
export function minuteOfRequest(id: number): number {
  return Math.floor(timeOfId(id) / 60_000);
}

/** What is about to be added to a cell. */
export interface Delta {
  counts: Counts;
  marks: Marks;
}

export type Deltas = Map<number, Delta>;

export interface SeriesRef {
  id: number;
  level: Level;
}

/**
 * What rows add to their cells. Rows of the same minute and combination are added up first, and each grain before the
 * next one, so that many alike cost little more than one.
 */
export function deltasOf(rows: Iterable<RollupRow>, seriesOf: (row: RollupRow) => readonly SeriesRef[]): Deltas {
  const alike = new Map<readonly SeriesRef[], Map<number, Delta>>();
  for (const row of rows) {
    const into = seriesOf(row);
    const minute = minuteOfRequest(row[at.id]!);
    const minutes = alike.get(into) ?? new Map<number, Delta>();
    alike.set(into, minutes);
    const delta = deltaIn(minutes, minute);
    addRowCounts(delta.counts, row);
    marksOfRow(row, delta.marks);
  }
  const deltas: Deltas = new Map();
  for (const [into, minutes] of alike) {
    for (const [minute, delta] of minutes) {
      tidy(delta.marks);
      for (const { id, level } of into) joinDeltas(deltas, cellId(id, grainsOf[level][0]!, minute), delta);
    }
  }
  raise(deltas);
  return deltas;
}

/** Adds what the finest cells got to the larger ones above them. */
function raise(deltas: Deltas): void {
  for (const [at, grain] of grainNames.entries()) {
    const above = grainNames[at + 1];
    for (const [id, delta] of [...deltas]) {
      if (grainOfCell(id) !== grain) continue;
      tidy(delta.marks);
      if (above !== undefined) joinDeltas(deltas, cellId(seriesOfCell(id), above, minuteOfCell(id)), delta);
    }
  }
}

/** Adds to what a cell gets. */
export function joinDeltas(deltas: Deltas, id: number, { counts, marks }: Delta): void {
  const delta = deltaIn(deltas, id);
  for (let at = 0; at < counts.length; at++) delta.counts[at]! += counts[at]!;
  for (const mark of marks) delta.marks.push(mark);
}

function deltaIn(deltas: Deltas, id: number): Delta {
  let delta = deltas.get(id);
  if (delta === undefined) {
    delta = { counts: countColumns.map(() => 0), marks: [] };
    deltas.set(id, delta);
  }
  return delta;
}
