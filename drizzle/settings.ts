import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What zgate remembers of itself: the admin password's hash, the master secret's check value, the pause switch. */
export const settings = sqliteTable("settings", {
  name: text().primaryKey(),
  value: text({ mode: "json" }).$type<unknown>().notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export type SettingRow = typeof settings.$inferSelect;
