import { type SQL, sql } from "drizzle-orm";
import { grainMinutes, grainsOf } from "~/record/cell.ts";
import { firstIdAt, timeOfId } from "~/record/request-id.ts";
import { rollupRows } from "~/record/rollup-query.ts";
import { at, type RollupRow } from "~/record/rollup-row.ts";
import type { Level } from "~/record/series.ts";
import { type Marks, marksOf, readCells, spreadAt } from "./cells.ts";
import { type Cover, cover } from "./cover.ts";
import { lastNotAfter } from "./numbers.ts";
import type { Asker } from "./question.ts";
import { remembered } from "./remembered.ts";
import { walkBack } from "./rows-back.ts";
import type { Scope } from "./scope.ts";
import { both, idRange, idsIn, idsOf, planOf, type ScopePlan } from "./scope-plan.ts";
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
  const pointAt = (id: number) => points[Math.min(lastNotAfter(bounds, timeOfId(id)), points.length - 1)];
  const addRows = (rows: Iterable<RollupRow>) => {
    for (const row of rows) pointAt(row[at.id]!)?.addRow(row);
  };
  for (const [id, requests] of runningRows(scope, plan, asker)) pointAt(id)?.addRunning(requests);

  if (areFew(scope, marks, asker)) {
    addRows(fewRows(scope, plan, asker));
    return exactly;
  }
  if (plan.isRowsOnly) {
    const lookedBackTo = walkBack(asker, plan, scope, (window) =>
      addRows(readRows(asker, both(window, plan.condition))),
    );
    return { ...exactly, lookedBackTo };
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
  for (const [at, sum] of sums.entries()) points[at]!.addCell(sum, 0, sum[spreadAt - 1] as Uint8Array, 1);
  addRows(looseRows(asker, covered, marks, plan));
  return { exact: false, rounded: covered.rounded, lookedBackTo: null };
}

/** Whether a range has so few rows, and all of them still, that they answer by themselves. */
export function areFew({ from, to }: Scope, marks: Marks, { connection, exactRows, once }: Asker): boolean {
  if (firstIdAt(from) < marks.rows) return false;
  return once(["are few", from, to], () => {
    const counted = connection.sqlite
      .query("select count(*) from (select 1 from requests where id >= ? and id < ? limit ?)")
      .values(...idRange({ from, to }), exactRows + 1);
    return Number(counted[0]?.[0]) <= exactRows;
  });
}

/** All rows of a scope that has few. */
export function fewRows({ from, to }: Scope, { filters, condition }: ScopePlan, asker: Asker): RollupRow[] {
  return asker.once(["few", from, to, filters], () => readRows(asker, both(idsOf({ from, to }), condition)));
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

/** Rows that no cell has, or none that fits: those of the gaps, and those that the rollup has not come to yet. */
export function* looseRows(
  asker: Asker,
  { gaps, from, to }: Covered,
  { rolled }: Marks,
  { filters, condition }: ScopePlan,
): Generator<RollupRow> {
  const [first, last] = idRange({ from, to });
  const read = (name: string, of: number[], where: SQL) =>
    asker.once([name, of, filters], () => readRows(asker, both(where, condition)));
  // One lower and one upper bound each: SQLite seeks by the first that it sees, and walks past the second.
  for (const gap of gaps) {
    const [start, end] = idRange(gap);
    const isOnTime = sql`requests.id not in (select id from late_requests)`;
    yield* read("gap", [start, end], both(idsIn(start, Math.min(end, rolled)), isOnTime));
  }
  yield* read("waiting", [first, last], idsIn(Math.max(first, rolled), last));
  // By their ids alone: the range of time stands inside, lest SQLite looks through all of its rows.
  const lateIds = sql`(select id from late_requests where id >= ${first} and id < ${last})`;
  yield* read("late", [first, last], sql`requests.id in ${lateIds}`);
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

const dayMs = 86_400_000;
