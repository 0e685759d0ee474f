import { type SQL, sql } from "drizzle-orm";
import { firstIdAt } from "~/record/request-id.ts";
import { rollupRows } from "~/record/rollup-query.ts";
import type { RollupRow } from "~/record/rollup-row.ts";
import type { Marks } from "./cells.ts";
import type { Gap } from "./cover.ts";
import type { Asker } from "./question.ts";
import type { Scope } from "./scope.ts";
import { both, idRange, idsIn, idsOf, type ScopePlan } from "./scope-plan.ts";

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

/** A range, and what cells do not cover of it. Milliseconds since 1970. */
interface Uncovered {
  gaps: readonly Gap[];
  from: number;
  to: number;
}

/** Rows that no cell has, or none that fits: those of the gaps, and those that the rollup has not come to yet. */
export function* looseRows(
  asker: Asker,
  { gaps, from, to }: Uncovered,
  { rolled }: Marks,
  { filters, condition }: ScopePlan,
): Generator<RollupRow> {
  const [first, last] = idRange({ from, to });
  const read = (name: string, of: number[], where: SQL) =>
    asker.once([name, of, filters], () => readRows(asker, both(where, condition)));
  // One lower and one upper bound each: SQLite seeks by the first that it sees, and walks past the second.
  for (const gap of gaps) {
    const [start, end] = idRange(gap);
    yield* read("gap", [start, end], both(idsIn(start, Math.min(end, rolled)), isOnTime));
  }
  yield* read("waiting", [first, last], idsIn(Math.max(first, rolled), last));
  // By their ids alone: the range of time stands inside, lest SQLite looks through all of its rows.
  const lateIds = sql`(select id from late_requests where id >= ${first} and id < ${last})`;
  yield* read("late", [first, last], sql`requests.id in ${lateIds}`);
}

/** Of rows before the rollup's mark: those that are in cells. */
export const isOnTime = sql`requests.id not in (select id from late_requests)`;

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
