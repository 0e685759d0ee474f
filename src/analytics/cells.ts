import { countColumns } from "~/record/rollup-row.ts";
import { cells, type Grain, grains, grainsPerSeries, minutesPerGrain } from "../../drizzle/cells.ts";
import type { Run } from "./cover.ts";
import type { Asker } from "./question.ts";
import type { Sources } from "./sources.ts";

/** The state of the rollup as this question sees it. */
export interface Marks {
  rolled: number;
  rows: number;
  since: Record<Grain, number>;
}

export function marksOf({ connection }: Asker): Marks {
  const marks = new Map(connection.sqlite.query("select name, value from rollup_marks").values() as [string, number][]);
  const mark = (name: string) => marks.get(name) ?? 0;
  return {
    rolled: mark("rolled"),
    rows: mark("rows"),
    since: { minute: mark("minute"), quarter: mark("quarter"), hour: mark("hour"), day: mark("day") },
  };
}

/** Reads the cells of some series. A cell is `[id, …countColumns, spread]`. */
export function readCells(
  { connection }: Asker,
  { plus, minus }: Sources,
  runs: readonly Run[],
  add: (point: number, cell: unknown[], sign: number) => void,
): void {
  const statement = connection.sqlite.query(cellQuery);
  for (const { grain, from, to, point } of runs) {
    for (const [ids, sign] of signed(plus, minus)) {
      for (const id of ids) {
        const first = cellsOf(id, grain);
        for (const cell of statement.values(first + from, first + to)) add(point, cell, sign);
      }
    }
  }
}

/** Reads how many requests the cells of some series count, and nothing else of them. */
export function readCounts(
  { connection }: Asker,
  { plus, minus }: Sources,
  runs: readonly Run[],
  add: (point: number, requests: number) => void,
): void {
  const statement = connection.sqlite.query(countQuery);
  for (const { grain, from, to, point } of runs) {
    for (const [ids, sign] of signed(plus, minus)) {
      for (const id of ids) {
        const first = cellsOf(id, grain);
        add(point, sign * Number(statement.values(first + from, first + to)[0]?.[0] ?? 0));
      }
    }
  }
}

/** The ids of the cells of some series in a stretch of time (minutes since 1970), and how many requests each counts. */
export function readCountedCells(
  { connection }: Asker,
  { plus, minus }: Sources,
  grain: Grain,
  from: number,
  to: number,
  add: (id: number, requests: number) => void,
): void {
  const statement = connection.sqlite.query(countedQuery);
  for (const [ids, sign] of signed(plus, minus)) {
    for (const series of ids) {
      const first = cellsOf(series, grain);
      for (const [id, count] of statement.values(first + from, first + to)) add(Number(id), sign * Number(count));
    }
  }
}

function signed(plus: number[], minus: number[]): [ids: number[], sign: number][] {
  return [
    [plus, 1],
    [minus, -1],
  ];
}

/** Where the ids of a series' cells of a grain begin. */
function cellsOf(series: number, grain: Grain): number {
  return (series * grainsPerSeries + grains[grain]) * minutesPerGrain;
}

/** Where the spread stands in a cell that was read. */
export const spreadAt = countColumns.length + 1;
const cellQuery = `select id, ${countColumns.map((name) => cells[name].name).join(", ")}, spread from cells where id >= ? and id < ?`;
const countedQuery = "select id, completed + failed + aborted + rejected + lost from cells where id >= ? and id < ?";
const countQuery = "select sum(completed + failed + aborted + rejected + lost) from cells where id >= ? and id < ?";
