import { countColumns } from "~/record/rollup-row.ts";
import type { SeriesValues } from "~/record/series.ts";
import { addSpread, packSpread, spreadSize } from "~/record/spread.ts";
import { readCells, spreadAt } from "./cells.ts";
import type { Asker } from "./question.ts";
import type { Fixed } from "./sources.ts";
import type { Covered } from "./tally-scope.ts";

/** What one whole combination came to over a range. */
export interface Combined {
  id: number;
  values: SeriesValues;
  /** As a cell is read: counts, then the spread. */
  cell: unknown[];
}

/**
 * The combinations behind several filters, each summed up over a range. A page breaks the same requests down by eight
 * things: the thousands of cells beneath are read once, and the last few sums remembered until the rollup moves on.
 */
export function combined(fixed: Fixed, { runs, from, to }: Covered, asker: Asker): readonly Combined[] {
  const { connection, memory, series } = asker;
  const state = connection.sqlite
    .query("select (select value from rollup_marks where name = 'rolled'), count(*), sum(id) from late_requests")
    .values()[0];
  const name = JSON.stringify([fixed, from, to, state]);
  const known = memory.get(name);
  if (known !== undefined) return known as Combined[];

  const dense = new Float64Array(spreadSize);
  const sums = series.wholeOf(fixed).map(({ id, values }): Combined => {
    const counts = new Float64Array(countColumns.length);
    readCells(asker, { plus: [id], minus: [], level: "whole" }, runs, (_point, cell) => {
      for (let at = 0; at < counts.length; at++) counts[at]! += Number(cell[at + 1]);
      addSpread(dense, cell[spreadAt] as Uint8Array);
    });
    return { id, values, cell: [...counts, packSpread(dense)] };
  });
  memory.clear();
  memory.set(name, sums);
  return sums;
}
