import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/**
 * Which requests a series of cells sums up: a column of 0 means all, −1 those that have none. There is the total, one
 * for each single value, one for each pair that people filter by, and one for each whole combination.
 */
export const series = sqliteTable(
  "series",
  {
    id: integer().primaryKey(),
    keyId: integer("key_id").notNull().default(0),
    apiId: integer("api_id").notNull().default(0),
    /** The model served, else the one asked for. */
    modelId: integer("model_id").notNull().default(0),
    upstreamId: integer("upstream_id").notNull().default(0),
    /** The smallest id of a user agent of the family. */
    familyId: integer("family_id").notNull().default(0),
    outcome: integer().notNull().default(0),
    errorKind: integer("error_kind").notNull().default(0),
    status: integer().notNull().default(0),
  },
  (table) => [
    uniqueIndex("series_values").on(
      table.keyId,
      table.apiId,
      table.modelId,
      table.upstreamId,
      table.familyId,
      table.outcome,
      table.errorKind,
      table.status,
    ),
  ],
);

/**
 * How far the rollup has come. A request is in the cells if it has ended, its id is below `rolled` and it is not in
 * `late_requests`. `day`, `hour`, `quarter`, `minute`: cells of the grain that begin before (minutes since 1970) are
 * gone. `rows`: rows with a smaller id are gone. `repaired`: how often cells were put right.
 */
export const rollupMarks = sqliteTable("rollup_marks", {
  name: text({ enum: ["rolled", "rows", "minute", "quarter", "hour", "day", "repaired"] }).primaryKey(),
  value: integer().notNull(),
});

/** Requests that ended after the rollup had passed their id; the next round takes them along. */
export const lateRequests = sqliteTable("late_requests", { id: integer().primaryKey() });
