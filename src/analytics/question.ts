import type { Connection } from "~/db/open.ts";
import { createFamilies } from "~/record/rollup.ts";
import { createSeriesIndex, type SeriesIndex } from "./sources.ts";

/** What a question may use. */
export interface Asker {
  connection: Connection;
  /** Milliseconds since 1970, UTC. */
  now: number;
  /** Milliseconds that only grow: for questions that stop in time. */
  tick(): number;
  /** What is remembered from question to question. */
  series: SeriesIndex;
  families: ReturnType<typeof createFamilies>;
  /** What the last questions summed up, by what it is of. */
  memory: Map<string, unknown>;
  /** Makes a thing once within this state of the database: several questions about the same traffic need the same rows. */
  once<T>(of: unknown[], make: () => T): T;
  /** Ranges of at most so many rows are answered from them. */
  exactRows: number;
}

/**
 * One question to the database: arguments and answer are plain values, since both cross a thread. It only reads, and
 * what it is asked with is already checked.
 */
export type Question<Args, Answer> = (args: Args, asker: Asker) => Answer;

export type Answer = <Args, Answered>(question: Question<Args, Answered>, args: Args) => Answered;

/** Answers questions over one connection, those of one call of `within` in one state of the database. */
export function createAsking(connection: Connection, tick: () => number, exactRows = 20_000) {
  const series = createSeriesIndex(connection);
  const families = createFamilies(connection);
  const memory = new Map<string, unknown>();
  return {
    within<T>(now: number, asked: (answer: Answer) => T): T {
      const asker = { connection, now, tick, series, families, memory, exactRows, once: createOnce() };
      connection.sqlite.run("BEGIN");
      try {
        return asked((question, args) => question(args, asker));
      } finally {
        connection.sqlite.run("COMMIT");
      }
    },
  };
}

function createOnce(): Asker["once"] {
  const made = new Map<string, unknown>();
  return <T>(of: unknown[], make: () => T): T => {
    const name = JSON.stringify(of);
    if (!made.has(name)) made.set(name, make());
    return made.get(name) as T;
  };
}
