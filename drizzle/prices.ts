import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The owner's own prices; they stand above the list that zgate ships. Millionths of a currency for a million tokens. */
export const prices = sqliteTable("prices", {
  model: text().primaryKey(),
  currency: text().notNull(),
  inputMicro: integer("input_micro").notNull(),
  cachedMicro: integer("cached_micro").notNull(),
  outputMicro: integer("output_micro").notNull(),
  /** The day the price was read, `2026-11-22`. */
  asOf: text("as_of").notNull(),
});

export type PriceRow = typeof prices.$inferSelect;
