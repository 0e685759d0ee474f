import type { Statement } from "./writer.ts";

/** What goes to the writer's worker. */
export type Message = { open: string } | { close: true } | Batch;

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

/** What comes back: once that the worker listens, then for each batch. */
export type Reply = "listening" | BatchReply;

export type BatchReply = { ok: true; results: UnitResult[] | null } | { ok: false; code: string; message: string };

/** A unit that fails does so alone. */
export type UnitResult = { rows: unknown[][][] } | { code: string; message: string };
