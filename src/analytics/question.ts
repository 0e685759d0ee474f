import type { Connection } from "~/db/open.ts";

/** What a question may use. */
export interface Asker {
  connection: Connection;
  /** Milliseconds since 1970, UTC. */
  now: number;
}

/**
 * One question to the database: arguments and answer are plain values, since both cross a thread. It only reads, and
 * what it is asked with is already checked.
 */
export type Question<Args, Answer> = (args: Args, asker: Asker) => Answer;
