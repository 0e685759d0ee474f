import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Who changed what, from where. Triggers of a migration forbid to change or delete a row. No secret is ever in it. */
export const auditLog = sqliteTable(
  "audit_log",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    at: integer().notNull(),
    /** `admin`, `key <name>`, `command line`, `environment`. */
    actor: text().notNull(),
    /** `key.create`, `key.rotate`, `session.start`, … */
    action: text().notNull(),
    /** `key 7`, `network 203.0.113.0/24`, `setting pause`. */
    subject: text().notNull(),
    before: text({ mode: "json" }).$type<Record<string, unknown>>(),
    after: text({ mode: "json" }).$type<Record<string, unknown>>(),
    address: text().notNull().default(""),
    userAgent: text("user_agent").notNull().default(""),
  },
  (table) => [index("audit_log_subject").on(table.subject)],
);

export type AuditRow = typeof auditLog.$inferSelect;
