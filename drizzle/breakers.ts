import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Accounts that rest from a model, so that a restart does not run into the same wall. A row goes when all is well. */
export const breakers = sqliteTable(
  "breakers",
  {
    /** `environment`, `credential 3`, `upstream 2` for one without credentials. */
    account: text().notNull(),
    /** As the upstream calls it; `*`: all of the account's. */
    model: text().notNull(),
    /** Since when it rests. */
    since: integer().notNull(),
    /** When one request may probe it. */
    until: integer().notNull(),
    /** How often in a row it was opened: each time it rests for longer. */
    openings: integer().notNull(),
    /** The last error: a kind, and what the upstream called it. */
    reason: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.account, table.model] })],
);

export type BreakerRow = typeof breakers.$inferSelect;
