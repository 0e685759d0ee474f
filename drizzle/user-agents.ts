import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Client programs: what they call themselves (at most 256 bytes of it) and what that means. */
export const userAgents = sqliteTable("user_agents", {
  id: integer().primaryKey(),
  raw: text().notNull().unique("user_agents_raw"),
  /** `openai-python`, `Claude Code`, `Chrome`; `unknown` where the text says nothing that we know, `none` without one. */
  family: text().notNull(),
  /** As the client writes it; empty where it does not. */
  version: text().notNull(),
});
