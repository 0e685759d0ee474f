import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** People who are signed in. The cookie holds 256 random bits, the row only their HMAC. */
export const sessions = sqliteTable("sessions", {
  mac: blob({ mode: "buffer" }).primaryKey(),
  createdAt: integer("created_at").notNull(),
  lastSeenAt: integer("last_seen_at").notNull(),
  address: text().notNull(),
  userAgent: text("user_agent").notNull(),
});

export type SessionRow = typeof sessions.$inferSelect;
