import { countColumns } from "~/record/rollup-row.ts";
import { type Dimension, dimensions, type SeriesValues } from "~/record/series.ts";
import { addSpread, packSpread, spreadSize } from "~/record/spread.ts";
import { readCells, readCountedCells, spreadAt } from "./cells.ts";
import type { Asker } from "./question.ts";
import { remembered } from "./remembered.ts";
import type { Fixed, Sources } from "./sources.ts";
import { createTally, type Tally } from "./tally.ts";
import type { Covered } from "./tally-scope.ts";

/** What series came to over a range, as a cell is read: counts, then the spread. */
export type Sum = readonly unknown[];

/** What one whole combination came to over a range. */
export interface Combined {
  id: number;
  values: SeriesValues;
  sum: Sum;
}

/**
 * The combinations behind several filters, each summed up over a range. A page breaks the same requests down by eight
 * things: the thousands of cells beneath are read once.
 */
export function combined(fixed: Fixed, covered: Covered, asker: Asker): readonly Combined[] {
  return remembered(asker, ["combined", fixed, covered.from, covered.to], () =>
    asker.series.wholeOf(fixed).map(({ id, values }) => {
      return { id, values, sum: sumOf({ plus: [id], minus: [], level: "whole" }, covered, asker) };
    }),
  );
}

/** The same, for each value of one dimension. */
export function combinedBy(fixed: Fixed, by: Dimension, covered: Covered, asker: Asker): [value: number, sum: Sum][] {
  const place = dimensions.indexOf(by);
  return remembered(asker, ["combined by", by, fixed, covered.from, covered.to], () => {
    const tallies = new Map<number, Tally>();
    for (const { values, sum } of combined(fixed, covered, asker)) {
      const tally = tallies.get(values[place]!) ?? createTally();
      tallies.set(values[place]!, tally);
      tally.addCell(sum, 0, sum[spreadAt - 1] as Uint8Array, 1);
    }
    return [...tallies].map(([value, tally]) => [value, tally.sum()]);
  });
}

/** What the series of each value came to over a range. */
export function sumsOf(
  sources: ReadonlyMap<number, Sources>,
  of: unknown[],
  covered: Covered,
  asker: Asker,
): [value: number, sum: Sum][] {
  return remembered(asker, ["sums", of, covered.from, covered.to], () =>
    [...sources].map(([value, source]) => [value, sumOf(source, covered, asker)]),
  );
}

function sumOf(source: Sources, { runs }: Covered, asker: Asker): Sum {
  const counts = new Float64Array(countColumns.length);
  readCells(asker, source, runs, (_part, cell, sign) => {
    for (let at = 0; at < counts.length; at++) counts[at]! += sign * Number(cell[at + 1]);
    addSpread(dense, cell[spreadAt] as Uint8Array, sign);
  });
  return [...counts, packSpread(dense)];
}

/** One for all sums: packing leaves it empty. */
const dense = new Float64Array(spreadSize);

/** How many requests each of the same combinations has on each UTC day, from one minute since 1970 to another. */
export function combinedDays(fixed: Fixed, from: number, to: number, asker: Asker): ReadonlyMap<number, Days> {
  return remembered(asker, ["days", fixed, from, to], () => {
    const days = new Map<number, Days>();
    for (const { id } of asker.series.wholeOf(fixed)) {
      const own: Days = [];
      const source = { plus: [id], minus: [], level: "whole" as const };
      readCountedCells(asker, source, "day", from, to, (minute, count) => own.push([minute, count]));
      days.set(id, own);
    }
    return days;
  });
}

/** When a day begins (minutes since 1970), and the requests in it. */
export type Days = [minute: number, requests: number][];
