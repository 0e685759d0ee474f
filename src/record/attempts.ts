import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Writer } from "~/db/writer.ts";
import { type AttemptRow, attempts } from "../../drizzle/attempts.ts";

/** One call of a request. */
export type Attempt = AttemptRow;

/** Writes down the calls of a request that took more than one. */
export interface AttemptNotes {
  /** Nobody waits for it: the request's own row says how many there were, whatever becomes of these. */
  write(rows: Attempt[]): void;
}

const build = drizzle.mock();

export function createAttemptNotes(writer: Writer): AttemptNotes {
  return {
    write(rows) {
      const capped = rows.map((row) => ({ ...row, errorText: row.errorText?.slice(0, 256) ?? null }));
      writer.write([build.insert(attempts).values(capped).onConflictDoNothing().toSQL()]).catch(() => {});
    },
  };
}
