import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Addresses and networks that are turned away before anything is read. */
export const blockedNetworks = sqliteTable("blocked_networks", {
  /** In its shortest form: `203.0.113.7/32`, `2001:db8::/32`. */
  network: text().primaryKey(),
  note: text().notNull().default(""),
  createdAt: integer("created_at").notNull(),
});

export type BlockedNetworkRow = typeof blockedNetworks.$inferSelect;
