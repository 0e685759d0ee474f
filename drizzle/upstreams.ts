import { sql } from "drizzle-orm";
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { dialects } from "../src/upstreams/upstream.ts";

/**
 * An upstream that an owner added beside the one of the environment. Requests know it by its name, so a row may go when
 * nobody needs it any more.
 */
export const upstreams = sqliteTable(
  "upstreams",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    name: text().notNull(),
    dialect: text({ enum: dialects }).notNull(),
    /** Normalised: a base, or the full completions address for `zai-web`. */
    url: text().notNull(),
    /** Smaller ones are asked first. */
    priority: integer().notNull(),
    /** Among those of one priority: twice the weight, twice the load. */
    weight: integer().notNull(),
    /** JSON array of the models that it serves, `*` for any characters; null: all that it knows. */
    models: text({ mode: "json" }).$type<string[]>(),
    /** Whether its address may lie in a private network: it came from the command line, not from a page or the API. */
    mayBePrivate: integer("may_be_private", { mode: "boolean" }).notNull().default(false),
    disabledAt: integer("disabled_at"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [uniqueIndex("upstreams_name").on(sql`lower(${table.name})`)],
);

export type UpstreamRow = typeof upstreams.$inferSelect;
