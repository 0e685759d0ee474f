import { countColumns } from "~/record/rollup-row.ts";
import type { SeriesValues } from "~/record/series.ts";
import { addSpread, packSpread, spreadSize } from "~/record/spread.ts";
import { readCells, readCountedCells, spreadAt } from "./cells.ts";
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
  return remembered(asker, ["sums", fixed, from, to], () => {
    const dense = new Float64Array(spreadSize);
    return asker.series.wholeOf(fixed).map(({ id, values }): Combined => {
      const counts = new Float64Array(countColumns.length);
      readCells(asker, { plus: [id], minus: [], level: "whole" }, runs, (_part, cell) => {
        for (let at = 0; at < counts.length; at++) counts[at]! += Number(cell[at + 1]);
        addSpread(dense, cell[spreadAt] as Uint8Array);
      });
      return { id, values, cell: [...counts, packSpread(dense)] };
    });
  });
}

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

/** One page asks for no more at once. */
const mostRemembered = 4;

/** What was made before, as long as the rollup has not moved on, and nobody put cells right. */
function remembered<T>({ connection, memory }: Asker, of: unknown[], make: () => T): T {
  const state = connection.sqlite
    .query(
      "select (select sum(value) from rollup_marks where name in ('rolled', 'repaired')), count(*), sum(id) from late_requests",
    )
    .values()[0];
  const name = JSON.stringify([of, state]);
  const known = memory.get(name);
  if (known !== undefined) return known as T;
  const made = make();
  if (memory.size >= mostRemembered) memory.delete(memory.keys().next().value!);
  memory.set(name, made);
  return made;
}
