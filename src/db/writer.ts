import { GatewayError } from "~/errors.ts";
import { startWriterWorker } from "~/workers.ts";
import type { Failure } from "./failure.ts";
import type { Batch, BatchReply, Message, Reply, UnitResult } from "./protocol.ts";

/** A statement as Drizzle's `toSQL()` gives it. */
export interface Statement {
  sql: string;
  params: unknown[];
}

/**
 * The traffic thread's side of the one read-write connection, which lives in `writer.worker.ts`.
 * Whatever waits goes into one transaction, over and over: no timer, load makes the batches grow.
 */
export interface Writer {
  /**
   * One unit: all of it or nothing, committed with a sync. Resolves after the commit with the rows that each statement
   * returned (`returning`, as arrays of column values); rejects with the SQLite error of the statement that failed, or
   * with `storage_unavailable` while storage fails.
   */
  write(unit: Statement[]): Promise<unknown[][][]>;
}

/** Whoever has rows of its own kind for the batches: the recorder. */
export interface Source {
  /** What waits now, all of it before a close; null where nothing does. Not called again before the answer to it. */
  take(isLast: boolean): Load | null;
  /** The load stands, but for the rows of these ids, which SQLite refused. */
  committed(skipped: number[]): void;
  /** Nothing of the load was written; what is still wanted stands in the next one. */
  failed(error: GatewayError): void;
}

export interface Load {
  /** A structured clone of it reaches the worker's side of the same room. */
  rows: unknown;
  /** Whether somebody waits for the disk, and not only for the process. */
  sync: boolean;
}

export interface QueueWriter extends Writer {
  /** Resolves when its thread is up; what is written before waits for that. Rejects where it cannot be started. */
  listening: Promise<void>;
  /** Names the source. There is one. */
  attach(source: Source): void;
  /** Says that the source has something. */
  wake(): void;
  /** Why storage fails at the moment; null while it works. */
  failure(): GatewayError | null;
  stats(): WriterStats;
  /** Writes what waits, then closes the connection and ends the worker. */
  close(): Promise<void>;
}

export interface WriterStats {
  /** Units that wait, rows apart. */
  waiting: number;
  batches: number;
  /** Milliseconds from the last batch's departure to its acknowledgement. */
  lastCommitMs: number;
  failures: number;
}

export interface WriterOptions {
  path: string;
  /** What the worker's side of the room that owns the rows needs to write them; a writer without writes units alone. */
  rows?: unknown;
  /** The growing clock, in milliseconds. */
  tick(): number;
  log: StoreLog;
  /** Milliseconds between attempts while storage fails. */
  retryMs?: number;
  startWorker?: () => Worker;
}

/** Where the store says what its owner should know. */
export interface StoreLog {
  warn(text: string): void;
  info(text: string): void;
}

/** Starts the worker, and does not wait for it: a start has other things to do meanwhile. */
export function openWriter(options: WriterOptions): QueueWriter {
  const { path, rows = null, tick, log, retryMs = 250, startWorker = startWriterWorker } = options;
  let source: Source | null = null;
  let waiting: Unit[] = [];
  let sent: Sent | null = null;
  let isScheduled = false;
  let failure: GatewayError | null = null;
  let retry: Timer | null = null;
  let closing: (() => void) | null = null;
  let isClosed = false;
  let isDead = false;
  const stats = { batches: 0, lastCommitMs: 0, failures: 0 };

  const listening = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  // Whoever waits for it hears of it; so does whoever writes.
  listening.promise.catch(() => {});
  let worker = start();

  function start(): Worker {
    const started = startWorker();
    let lastWords = "the writer's thread ended";
    started.onmessage = (event: MessageEvent<Reply>) => hear(event.data);
    started.addEventListener("error", (event) => {
      event.preventDefault();
      lastWords = event.message;
      listening.reject(new Error(lastWords));
    });
    started.addEventListener("close", () => {
      closed.resolve();
      isDead = true;
      if (!isClosed) settle({ ok: false, code: "THREAD", message: lastWords });
    });
    started.postMessage({ open: path, rows } satisfies Message);
    isDead = false;
    return started;
  }

  function hear(reply: Reply): void {
    if (reply === "listening") listening.resolve();
    else if (reply === "closed") closed.resolve();
    else if (reply === "locked") log.warn("another program keeps the database locked; records wait until it lets go");
    else settle(reply);
  }

  function wake(): void {
    if (sent !== null || isScheduled || failure !== null) return;
    isScheduled = true;
    // After this tick's promises: a request that is refused at once begins and ends in one batch.
    setImmediate(() => {
      isScheduled = false;
      if (sent === null && failure === null) post(false);
    });
  }

  function post(isRetry: boolean): void {
    const load = source?.take(closing !== null) ?? null;
    const units = waiting;
    if (load === null && units.length === 0 && !isRetry) {
      closing?.();
      return;
    }
    waiting = [];
    sent = { units, hasLoad: load !== null, at: tick() };
    const batch: Batch = {
      rows: load?.rows ?? null,
      units: units.map((unit) => unit.statements),
      sync: isRetry || units.length > 0 || load?.sync === true,
      isRetry,
    };
    try {
      worker.postMessage(batch);
    } catch (error) {
      // Something that cannot travel between threads stood in a unit: nothing has left yet.
      for (const unit of units) unit.reject(error);
      sent.units = [];
      worker.postMessage({ ...batch, units: [] });
    }
  }

  function settle(reply: BatchReply): void {
    const answered = sent;
    sent = null;
    if (!reply.ok) {
      fail(reply, answered);
      return;
    }
    if (answered !== null) {
      stats.batches++;
      stats.lastCommitMs = tick() - answered.at;
      recover();
      if (answered.hasLoad) source?.committed(reply.skipped);
      answered.units.forEach((unit, at) => {
        finish(unit, reply.results[at]);
      });
    }
    post(false);
  }

  function recover(): void {
    if (failure === null) return;
    failure = null;
    log.info("storage works again");
  }

  function fail(reply: Failure, answered: Sent | null): void {
    stats.failures++;
    const cause = Object.assign(new Error(`${reply.code}: ${reply.message}`), { code: reply.code });
    if (failure === null) log.warn(`storage failed (${cause.message}); trying again every ${retryMs} ms`);
    failure = new GatewayError("storage_unavailable", "The gateway cannot write its records at the moment", {
      retryAfterMs: 1000,
      cause,
    });
    for (const unit of [...(answered?.units ?? []), ...waiting]) unit.reject(failure);
    waiting = [];
    source?.failed(failure);
    closing?.();
    if (closing !== null) return;
    retry ??= setTimeout(() => {
      retry = null;
      if (isDead) worker = start();
      if (sent === null) post(true);
    }, retryMs);
  }

  return {
    listening: listening.promise,
    write(statements) {
      if (closing !== null) return Promise.reject(new GatewayError("shutting_down", "The gateway is shutting down"));
      if (failure !== null) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting.push({ statements, resolve, reject });
        wake();
      });
    },
    attach(theSource) {
      source = theSource;
    },
    wake,
    failure: () => failure,
    stats: () => ({ waiting: waiting.length, ...stats }),
    async close() {
      if (retry !== null) clearTimeout(retry);
      if (isDead) return;
      await new Promise<void>((resolve) => {
        closing = resolve;
        if (sent === null) post(false);
      });
      isClosed = true;
      worker.postMessage({ close: true } satisfies Message);
      await closed.promise;
      worker.terminate();
    },
  };
}

interface Unit {
  statements: Statement[];
  resolve(rows: unknown[][][]): void;
  reject(error: unknown): void;
}

interface Sent {
  units: Unit[];
  hasLoad: boolean;
  at: number;
}

function finish(unit: Unit, result: UnitResult | undefined): void {
  if (result === undefined) unit.reject(new Error("the writer's thread gave no answer"));
  else if ("rows" in result) unit.resolve(result.rows);
  else unit.reject(Object.assign(new Error(result.message), { code: result.code }));
}
