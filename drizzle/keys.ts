import { sql } from "drizzle-orm";
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/**
 * A key is who somebody is: name, rights, limits, history. What he shows us is in `key_secrets` and may change.
 * Rows are never deleted, since requests refer to them; `id` 0 stands for a stranger and is never a row.
 */
export const keys = sqliteTable(
  "keys",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    name: text().notNull(),
    note: text().notNull().default(""),
    /** Sum of the bits in `src/keys/rights.ts`. */
    rights: integer().notNull(),
    /** 1 for `open`, the key of requests that show none: it has no secret and cannot be revoked. */
    builtIn: integer("built_in", { mode: "boolean" }).notNull().default(false),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    disabledAt: integer("disabled_at"),
    revokedAt: integer("revoked_at"),
    /** Days after which the lists remind the owner to rotate. */
    rotateAfterDays: integer("rotate_after_days"),
    /** JSON arrays; null allows all. */
    models: text({ mode: "json" }).$type<string[]>(),
    networks: text({ mode: "json" }).$type<string[]>(),
    requestsPerMinute: integer("requests_per_minute"),
    tokensPerMinute: integer("tokens_per_minute"),
    inFlight: integer("in_flight"),
    tokensPerDay: integer("tokens_per_day"),
    tokensPerWeek: integer("tokens_per_week"),
    tokensPerMonth: integer("tokens_per_month"),
    /** Money is whole billionths of a US dollar: a single cached token is never rounded to nothing. */
    nanoUsdPerDay: integer("nano_usd_per_day"),
    nanoUsdPerWeek: integer("nano_usd_per_week"),
    nanoUsdPerMonth: integer("nano_usd_per_month"),
    /** Whether the bodies of its requests and answers are kept for a while. */
    capture: integer({ mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    // A name is free again once its key is revoked.
    uniqueIndex("keys_name").on(table.name).where(sql`${table.revokedAt} is null`),
  ],
);

export type KeyRow = typeof keys.$inferSelect;
