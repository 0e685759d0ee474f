import { blob, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * Answers of the Responses API that a later request may go on with, of keys whose bodies are kept: these outlive a
 * restart, all others are in memory alone.
 */
export const keptResponses = sqliteTable(
  "kept_responses",
  {
    keyId: integer("key_id").notNull(),
    responseId: text("response_id").notNull(),
    keptAt: integer("kept_at").notNull(),
    /** Items of the answer, which a later request may name one by one. */
    itemIds: text("item_ids", { mode: "json" }).$type<string[]>().notNull(),
    /** What it counts for in memory. */
    bytes: integer().notNull(),
    /** The whole input and the whole answer, redacted and compressed (zstd). */
    request: blob({ mode: "buffer" }).notNull(),
    answer: blob({ mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.keyId, table.responseId] })],
);

export type KeptResponseRow = typeof keptResponses.$inferSelect;
