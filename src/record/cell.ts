import { type Grain, grains, grainsPerSeries, minutesPerGrain } from "../../drizzle/cells.ts";
import { timeOfId } from "./request-id.ts";
import { addRowCounts, type Counts, countColumns, marksOfRow, type RollupRow } from "./rollup-row.ts";
import type { Level } from "./series.ts";
import type { Marks } from "./spread.ts";

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

/** Adds a row to the finest cells of its series. */
export function addRow(
  deltas: Deltas,
  row: RollupRow,
  minute: number,
  into: readonly { id: number; level: Level }[],
): void {
  const counts = new Float64Array(countColumns.length);
  const marks: Marks = [];
  addRowCounts(counts, row);
  marksOfRow(row, marks);
  for (const { id, level } of into) addDelta(deltas, cellId(id, grainsOf[level][0]!, minute), counts, marks);
}

/** Adds what the finest cells got to the larger ones above them. */
export function raise(deltas: Deltas): void {
  for (const [at, grain] of grainNames.entries()) {
    const above = grainNames[at + 1];
    if (above === undefined) return;
    for (const [id, { counts, marks }] of [...deltas]) {
      if (grainOfCell(id) === grain) addDelta(deltas, cellId(seriesOfCell(id), above, minuteOfCell(id)), counts, marks);
    }
  }
}

function addDelta(deltas: Deltas, id: number, counts: Counts, marks: Marks): void {
  const delta = deltas.get(id);
  if (delta === undefined) {
    deltas.set(id, { counts: counts.slice(), marks: [...marks] });
    return;
  }
  for (let at = 0; at < counts.length; at++) delta.counts[at]! += counts[at]!;
  for (const mark of marks) delta.marks.push(mark);
}
