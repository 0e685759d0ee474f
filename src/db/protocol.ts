import type { Failure } from "./failure.ts";
import type { Statement } from "./writer.ts";

/** What goes to the writer's worker. `rows`: the statements of the room that owns the rows; null where it has none to write. */
export type Message = { open: string; rows: unknown } | { close: true } | Batch;

/** One transaction. */
export interface Batch {
  /** For the room that owns the rows; null where there are none. */
  rows: unknown;
  units: Statement[][];
  /** Whether the commit is synced to the disk. */
  sync: boolean;
  /** Whether it has to prove that the disk works again. */
  isRetry: boolean;
}

/** What comes back: that the worker listens, that somebody else's lock makes it wait, and one answer for each batch. */
export type Reply = "listening" | "locked" | "closed" | BatchReply;

export type BatchReply = Committed | ({ ok: false } & Failure);

export interface Committed {
  ok: true;
  /** One for each unit. */
  results: UnitResult[];
  /** Ids of rows that SQLite refused, while the others stand. */
  skipped: number[];
}

/** A unit that fails does so alone. */
export type UnitResult = { rows: unknown[][][] } | Failure;
