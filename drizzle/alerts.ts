import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What was found wrong, from its beginning to its end, and what the webhook took of it. */
export const alerts = sqliteTable(
  "alerts",
  {
    /** The rule, and what it was about: `error_rate`, `key_times_usual laptop`. */
    id: text().notNull(),
    since: integer().notNull(),
    /** NULL: it holds. */
    endedAt: integer("ended_at"),
    rule: text().notNull(),
    subject: text().notNull(),
    value: real().notNull(),
    limit: real().notNull(),
    text: text({ mode: "json" }).$type<{ en: string; zh: string }>().notNull(),
    /** Those of the requests that show it. */
    filters: text({ mode: "json" }).$type<Record<string, string>>().notNull(),
    /** NULL: the webhook has not taken its beginning yet. */
    told: text({ enum: ["started", "ended"] }),
  },
  (table) => [primaryKey({ columns: [table.id, table.since] }), index("alerts_ended").on(table.endedAt)],
);

export type AlertRow = typeof alerts.$inferSelect;
