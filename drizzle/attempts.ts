import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { type ErrorKind, errorKinds } from "../src/errors.ts";
import { words } from "./words.ts";

const errorKind = words(
  Object.fromEntries(Object.entries(errorKinds).map(([kind, { code }]) => [kind, code])) as Record<ErrorKind, number>,
);

/**
 * The calls of a request that took more than one. A request whose first call was its last has everything in its own row,
 * and none here.
 */
export const attempts = sqliteTable(
  "attempts",
  {
    /** `requests.id`; no foreign key, since either row may be written first. */
    requestId: integer("request_id").notNull(),
    /** 1 is the first. */
    number: integer().notNull(),
    upstream: text().notNull(),
    credential: text().notNull(),
    model: text().notNull(),
    /** HTTP; NULL where no head came. */
    status: integer(),
    /** NULL: it was answered. */
    errorKind: errorKind("error_kind"),
    /** What the upstream called its error. */
    errorText: text("error_text"),
    /** From the request's arrival. */
    startedMs: integer("started_ms").notNull(),
    durationMs: integer("duration_ms").notNull(),
  },
  (table) => [primaryKey({ columns: [table.requestId, table.number] })],
);

export type AttemptRow = typeof attempts.$inferSelect;
