import { blob, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { keys } from "./keys.ts";

/**
 * What a client shows us, as an HMAC. Rows are never deleted: a string that was revoked or rotated out is recognised
 * and stays dead, wherever it is offered again.
 */
export const keySecrets = sqliteTable(
  "key_secrets",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    keyId: integer("key_id")
      .notNull()
      .references(() => keys.id),
    /** The middle part of a token that zgate made; null for an imported string, which is found by its HMAC. */
    publicId: text("public_id").unique(),
    mac: blob({ mode: "buffer" }).notNull().unique(),
    /** Which master secret made the HMAC, so that it can be changed one day. */
    macVersion: integer("mac_version").notNull().default(1),
    /** What people recognise it by: its beginning and its last four characters. */
    hint: text().notNull(),
    state: text({ enum: ["active", "retiring", "revoked"] }).notNull(),
    createdAt: integer("created_at").notNull(),
    /** When a retiring secret dies. */
    notAfter: integer("not_after"),
    revokedAt: integer("revoked_at"),
    firstUsedAt: integer("first_used_at"),
    lastUsedAt: integer("last_used_at"),
    /**
     * The `Idempotency-Key` of the request that made it, and an HMAC of what was asked: asked again, the same secret is
     * the answer; another request by that name is refused.
     */
    idempotencyKey: text("idempotency_key"),
  },
  (table) => [
    index("key_secrets_key").on(table.keyId),
    uniqueIndex("key_secrets_idempotency").on(table.keyId, table.idempotencyKey),
  ],
);

export type KeySecretRow = typeof keySecrets.$inferSelect;
