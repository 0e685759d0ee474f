import { sql } from "drizzle-orm";
import { blob, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { upstreams } from "./upstreams.ts";

/**
 * What zgate shows an upstream: one account of it. The secrets are sealed under the master secret, which is not in the
 * database; a row that is gone takes them with it.
 */
export const credentials = sqliteTable(
  "credentials",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    upstreamId: integer("upstream_id")
      .notNull()
      .references(() => upstreams.id, { onDelete: "cascade" }),
    name: text().notNull(),
    priority: integer().notNull(),
    weight: integer().notNull(),
    /** JSON array of the models that this account may use; null: all of the upstream's. */
    models: text({ mode: "json" }).$type<string[]>(),
    /** JSON object: requests in flight at a time by model, `*` for all others; null: no limit. */
    inFlight: text("in_flight", { mode: "json" }).$type<Record<string, number>>(),
    /** AES-256-GCM: version, nonce, text, tag. */
    sealed: blob({ mode: "buffer" }).notNull(),
    /** What people recognise it by: its beginning and its last four characters. */
    hint: text().notNull(),
    /** The secret before the last rotation, shown when the new one is refused; null when there is none any more. */
    retiring: blob({ mode: "buffer" }),
    retiringHint: text("retiring_hint"),
    retiringUntil: integer("retiring_until"),
    rotatedAt: integer("rotated_at"),
    disabledAt: integer("disabled_at"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [uniqueIndex("credentials_name").on(table.upstreamId, sql`lower(${table.name})`)],
);

export type CredentialRow = typeof credentials.$inferSelect;
