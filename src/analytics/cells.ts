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
  add: (part: number, cell: unknown[], sign: number) => void,
): void {
  const statement = connection.sqlite.query(cellQuery);
  for (const { grain, from, to, part } of runs) {
    for (const [ids, sign] of signed(plus, minus)) {
      for (const id of ids) {
        const first = cellsOf(id, grain);
        for (const cell of statement.values(first + from, first + to)) add(part, cell, sign);
      }
    }
  }
}

/** Reads how many requests the cells of some series count in each part of a cover, and nothing else of them. */
export function readCounts(
  { connection }: Asker,
  { plus, minus }: Sources,
  runs: readonly Run[],
  add: (part: number, requests: number) => void,
): void {
  const statement = connection.sqlite.query(countQuery);
  // All of a series' runs in one query: a month has ninety, each of which would take longer than what it counts.
  const spans = runs.map(({ grain, from, to, part }) => ({
    from: cellsOf(0, grain) + from,
    to: cellsOf(0, grain) + to,
    part,
  }));
  const byEnd = JSON.stringify(Object.fromEntries(spans.map(({ from, to }) => [to, from])));
  const partOf = new Map(spans.map(({ to, part }) => [String(to), part]));
  for (const [ids, sign] of signed(plus, minus)) {
    for (const id of ids) {
      for (const [end, requests] of statement.values(cellsOf(id, "minute"), byEnd)) {
        add(partOf.get(end as string)!, sign * Number(requests));
      }
    }
  }
}

/** Where the cells of some series in a stretch of time begin (minutes since 1970), and how many requests each counts. */
export function readCountedCells(
  { connection }: Asker,
  { plus, minus }: Sources,
  grain: Grain,
  from: number,
  to: number,
  add: (minute: number, requests: number) => void,
): void {
  const statement = connection.sqlite.query(countedQuery);
  for (const [ids, sign] of signed(plus, minus)) {
    for (const series of ids) {
      const first = cellsOf(series, grain);
      for (const [id, count] of statement.values(first + from, first + to))
        add(Number(id) - first, sign * Number(count));
    }
  }
}

/** Where the first UTC day of some series begins, ms since 1970; null where there is none. */
export function firstDay({ connection }: Asker, { plus }: Sources): number | null {
  const statement = connection.sqlite.query("select min(id) from cells where id >= ? and id < ?");
  const days = plus.flatMap((id) => {
    const start = cellsOf(id, "day");
    const [first] = statement.values(start, start + minutesPerGrain)[0] ?? [];
    return typeof first === "number" ? [(first - start) * 60_000] : [];
  });
  return days.length === 0 ? null : Math.min(...days);
}

function signed(plus: number[], minus: number[]): [ids: number[], sign: number][] {
  return [
    [plus, 1],
    [minus, -1],
  ];
}

/** Where the ids of a series' cells of a grain begin; those of its minutes come first of all. */
function cellsOf(series: number, grain: Grain): number {
  return (series * grainsPerSeries + grains[grain]) * minutesPerGrain;
}

/** Where the spread stands in a cell that was read. */
export const spreadAt = countColumns.length + 1;
const cellQuery = `select id, ${countColumns.map((name) => cells[name].name).join(", ")}, spread from cells where id >= ? and id < ?`;
const countedQuery = "select id, completed + failed + aborted + rejected + lost from cells where id >= ? and id < ?";
const countQuery = `select span.key, completed + failed + aborted + rejected + lost
  from json_each(?2) span cross join cells on cells.id >= ?1 + span.value and cells.id < ?1 + span.key`;
