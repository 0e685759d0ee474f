import { blob, index, integer, sqliteTable } from "drizzle-orm/sqlite-core";

/**
 * What was said in a request of a key whose owner wants that kept: both bodies, redacted, capped and compressed (zstd).
 * Apart from the rows, which know nothing of it and outlive it.
 */
export const captures = sqliteTable(
  "captures",
  {
    /** `requests.id`; no foreign key, since either row may be written first. */
    requestId: integer("request_id").primaryKey(),
    keyId: integer("key_id").notNull(),
    /** What both bodies take here. */
    bytes: integer().notNull(),
    /** How long they were on the wire. */
    requestBytes: integer("request_bytes").notNull(),
    answerBytes: integer("answer_bytes").notNull(),
    /** Whether only their beginnings are here. */
    requestIsCut: integer("request_is_cut", { mode: "boolean" }).notNull(),
    answerIsCut: integer("answer_is_cut", { mode: "boolean" }).notNull(),
    /** NULL: there was none, or no room for any of it. */
    request: blob({ mode: "buffer" }),
    answer: blob({ mode: "buffer" }),
  },
  // What a key has here, and how much, without reading the bodies.
  (table) => [index("captures_key").on(table.keyId, table.bytes)],
);

export type CaptureRow = typeof captures.$inferSelect;
