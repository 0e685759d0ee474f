import { type SQL, sql } from "drizzle-orm";
import { blob, integer, sqliteTable } from "drizzle-orm/sqlite-core";
import { type Grain, grains, grainsPerSeries, minutesPerGrain } from "./numbers.ts";

export { type Grain, grains, grainsPerSeries, minutesPerGrain };

/**
 * The rollup: what one series of requests came to in one minute, quarter of an hour, hour or UTC day. A request belongs
 * to the cell of the moment in its id. Cells outlive the rows that they sum up.
 */
export const cells = sqliteTable("cells", {
  /** `(series × 4 + grain) × 2^26 + minutes since 1970`: a range of time of one series and grain is a range of ids. */
  id: integer().primaryKey(),
  // For people with a SQL shell; they cost no byte. In literals: SQLite allows no parameters here.
  seriesId: integer("series_id").generatedAlwaysAs((): SQL => sql.raw(`id / ${minutesPerGrain * grainsPerSeries}`), {
    mode: "virtual",
  }),
  grain: integer().generatedAlwaysAs((): SQL => sql.raw(`id / ${minutesPerGrain} % ${grainsPerSeries}`), {
    mode: "virtual",
  }),
  /** Milliseconds since 1970, UTC. */
  startsAt: integer("starts_at").generatedAlwaysAs((): SQL => sql.raw(`id % ${minutesPerGrain} * 60000`), {
    mode: "virtual",
  }),
  completed: integer().notNull(),
  failed: integer().notNull(),
  aborted: integer().notNull(),
  rejected: integer().notNull(),
  lost: integer().notNull(),
  tokensIn: integer("tokens_in").notNull(),
  tokensOut: integer("tokens_out").notNull(),
  tokensCached: integer("tokens_cached").notNull(),
  tokensReasoning: integer("tokens_reasoning").notNull(),
  /** Requests whose tokens nobody counted: they are estimates. */
  estimated: integer().notNull(),
  costUsdNano: integer("cost_usd_nano").notNull(),
  costCnyNano: integer("cost_cny_nano").notNull(),
  /** Requests that used tokens of a model without a price. */
  unpriced: integer().notNull(),
  /** Histograms of duration, first token, speed and overhead, and the error kinds: `src/record/histogram.ts`. */
  spread: blob({ mode: "buffer" }).notNull(),
});

export type CellRow = typeof cells.$inferSelect;
