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
  /** Ranges of at most so many rows are answered from them. */
  exactRows: number;
}

/**
 * One question to the database: arguments and answer are plain values, since both cross a thread. It only reads, and
 * what it is asked with is already checked.
 */
export type Question<Args, Answer> = (args: Args, asker: Asker) => Answer;

/** Answers questions over one connection, each of them within one state of the database. */
export function createAsking(connection: Connection, tick: () => number, exactRows = 20_000) {
  const series = createSeriesIndex(connection);
  const families = createFamilies(connection);
  const memory = new Map<string, unknown>();
  return <Args, Answer>(question: Question<Args, Answer>, args: Args, now: number): Answer => {
    connection.sqlite.run("BEGIN");
    try {
      return question(args, { connection, now, tick, series, families, memory, exactRows });
    } finally {
      connection.sqlite.run("COMMIT");
    }
  };
}
