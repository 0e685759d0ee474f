import { type SQL, sql } from "drizzle-orm";
import { grainMinutes, grainsOf } from "~/record/cell.ts";
import { firstIdAt, timeOfId } from "~/record/request-id.ts";
import { at, countColumns, type RollupRow, rollupRows } from "~/record/rollup-row.ts";
import type { Level } from "~/record/series.ts";
import { cells, type Grain, grains, grainsPerSeries, minutesPerGrain } from "../../drizzle/cells.ts";
import { cover, type Gap, type Run } from "./cover.ts";
import { lastNotAfter } from "./numbers.ts";
import type { Asker } from "./question.ts";
import { walkBack } from "./rows-back.ts";
import type { Scope } from "./scope.ts";
import { both, idRange, idsIn, idsOf, planOf, type ScopePlan } from "./scope-plan.ts";
import type { Sources } from "./sources.ts";
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

/** Ranges of so many rows are answered from them. */
export const exactRows = 20_000;
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

/**
 * Adds up the requests of a scope in the stretches between growing `bounds`, of which the first is `scope.from` and the
 * last `scope.to`. `whole` gets all of them.
 */
export function tallyScope(
  scope: Scope,
  bounds: readonly number[],
  asker: Asker,
): Basis & { points: Tally[]; whole: Tally } {
  const points = bounds.slice(1).map(() => createTally());
  const whole = createTally();
  const plan = planOf(scope, asker);
  const marks = marksOf(asker);
  const addRow = (row: RollupRow) => {
    whole.addRow(row);
    points[lastNotAfter(bounds, timeOfId(row[at.id]!))]?.addRow(row);
  };
  for (const [id, requests] of runningRows(scope, plan, asker)) {
    whole.addRunning(requests);
    points[lastNotAfter(bounds, timeOfId(id))]?.addRunning(requests);
  }

  if (plan.isEmpty) return { points, whole, exact: true, rounded: false, lookedBackTo: null };
  if (areFew(scope, marks, asker)) {
    for (const row of readRows(asker, both(idsOf(scope), plan.condition))) addRow(row);
    return { points, whole, exact: true, rounded: false, lookedBackTo: null };
  }
  if (plan.isRowsOnly) {
    const lookedBackTo = walkBack(asker, plan, scope, (window) => {
      for (const row of readRows(asker, both(window, plan.condition))) addRow(row);
    });
    return { points, whole, exact: true, rounded: false, lookedBackTo };
  }

  const sources = asker.series.sourcesOf(plan.fixed);
  const covered = coverOf(bounds, sources.level, marks, asker);
  readCells(asker, sources, covered.runs, (point, cell, sign) => {
    whole.addCell(cell, 1, cell[spreadAt] as Uint8Array, sign);
    points[point]!.addCell(cell, 1, cell[spreadAt] as Uint8Array, sign);
  });
  for (const row of looseRows(asker, covered, marks, plan.condition)) addRow(row);
  return { points, whole, exact: false, rounded: covered.rounded, lookedBackTo: null };
}

/** Whether a range has so few rows, and all of them still, that they answer by themselves. */
export function areFew(range: { from: number; to: number }, marks: Marks, { connection }: Asker): boolean {
  if (firstIdAt(range.from) < marks.rows) return false;
  const counted = connection.sqlite
    .query("select count(*) from (select 1 from requests where id >= ? and id < ? limit ?)")
    .values(firstIdAt(Math.ceil(range.from)), firstIdAt(Math.ceil(range.to)), exactRows + 1);
  return Number(counted[0]?.[0]) <= exactRows;
}

export interface Covered {
  runs: Run[];
  gaps: Gap[];
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

/** Rows that no cell has, or none that fits: those of the gaps, and those that the rollup has not come to yet. */
export function* looseRows(
  asker: Asker,
  { gaps, from, to }: Covered,
  { rolled }: Marks,
  condition?: SQL,
): Generator<RollupRow> {
  const late = sql`(select id from late_requests)`;
  // One lower and one upper bound each: SQLite seeks by the first that it sees, and walks past the second.
  for (const gap of gaps) {
    const [first, last] = idRange(gap);
    yield* readRows(asker, both(idsIn(first, Math.min(last, rolled)), sql`requests.id not in ${late}`, condition));
  }
  const [first, last] = idRange({ from, to });
  yield* readRows(asker, both(idsIn(Math.max(first, rolled), last), condition));
  // By their ids alone: the range of time stands inside, lest SQLite looks through all of its rows.
  const lateIds = sql`(select id from late_requests where id >= ${first} and id < ${last})`;
  yield* readRows(asker, both(sql`requests.id in ${lateIds}`, condition));
}

export function readRows({ connection }: Asker, where: SQL): RollupRow[] {
  const query = rollupRows(where);
  return connection.sqlite.query(query.sql).values(...(query.params as never[])) as RollupRow[];
}

/** Ids and numbers of the requests that are on their way. */
export function runningRows(
  scope: Scope,
  { condition, isEmpty }: ScopePlan,
  { connection }: Asker,
): [number, number][] {
  if (isEmpty) return [];
  return (
    connection.db
      .select({ id: sql<number>`requests.id`, requests: sql<number>`requests.requests` })
      .from(sql`requests`)
      // Word for word what the partial index says.
      .where(both(sql`outcome <> 1 and outcome = 0`, idsOf(scope), condition))
      .values() as [number, number][]
  );
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

export const spreadAt = countColumns.length + 1;
const cellQuery = `select id, ${countColumns.map((name) => cells[name].name).join(", ")}, spread from cells where id >= ? and id < ?`;
const countedQuery = "select id, completed + failed + aborted + rejected + lost from cells where id >= ? and id < ?";
const countQuery = "select sum(completed + failed + aborted + rejected + lost) from cells where id >= ? and id < ?";
const dayMs = 86_400_000;
