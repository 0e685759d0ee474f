import type { Clock } from "~/clock.ts";
import type { Load, QueueWriter, Source } from "~/db/writer.ts";
import type { GatewayError } from "~/errors.ts";
import { otherId } from "../../drizzle/names.ts";
import { encode, type PriceOf } from "./encode.ts";
import { createFolding, defaultFoldRates, type FoldRates } from "./fold.ts";
import type { Names, NewNames } from "./names.ts";
import { OpenRecord } from "./open-record.ts";
import { type Arrival, type Ending, outcomes, type Recorder } from "./record.ts";
import { createIds, timeOfId } from "./request-id.ts";
import { createSharedRows, type SharedRow } from "./shared.ts";

export interface RecorderOptions {
  writer: QueueWriter;
  clock: Clock;
  names: Names;
  /** The largest id in the database. */
  lastId: number;
  /** `ack`: `end` resolves when the row is on the disk. `async`: at once. */
  durability: "ack" | "async";
  /** What becomes of requests while rows cannot be written. */
  onStorageFailure: "refuse" | "continue";
  /** How many requests may have no finished row on disk: those that run, and those that wait for their commit. */
  places?: number;
  foldRates?: FoldRates;
  /** By which a request's cost is written into its row. */
  priceOf?: PriceOf;
  /** Hears of every request whose row is on the disk, or counted in a shared one. */
  onEnded?: (record: OpenRecord) => void;
}

export interface RecorderStats {
  /** Requests that hold a place. */
  open: number;
  /** Requests that wait at the door for one. */
  waiting: number;
  /** Requests without a row of their own since the start, because storage failed: the gap. A shared row counts them. */
  unrecorded: number;
}

export interface StoreRecorder extends Recorder {
  stats(): RecorderStats;
  /** When the newest request came, in ms since 1970, whichever process recorded it. */
  newestAt(): number;
  /** Counts requests that were refused before there was a recorder. */
  turnedAway(count: number): void;
}

/** Rows a transaction, so that nobody waits for the thousands that came later. */
const batchRows = 1024;

/**
 * How long a running row may wait for a batch. Nobody waits for it, and a request that is over by then needs one insert
 * and one commit instead of two of each: half the CPU time (docs/decisions/001-running-rows-wait.md).
 */
const runningRowMs = 5;

export function createRecorder(options: RecorderOptions): StoreRecorder {
  const { writer, clock, names, places = 16_384, onEnded = () => {} } = options;
  const isAsync = options.durability === "async";
  const refuses = options.onStorageFailure === "refuse";
  let newest = options.lastId;
  const grow = createIds(newest);
  const nextId = (now: number) => {
    newest = grow(now);
    return newest;
  };
  const foldOf = createFolding(options.foldRates ?? defaultFoldRates);
  const shared = createSharedRows(clock, nextId);
  const door: { enter(): void; refuse(failure: GatewayError): void }[] = [];

  let begun: OpenRecord[] = [];
  /** How many of them have waited long enough. */
  let due = 0;
  let isAlarmSet = false;
  let ended: OpenRecord[] = [];
  let sent: Sent | null = null;
  let open = 0;
  let unrecorded = 0;

  function begin(arrival: Arrival): Promise<OpenRecord> {
    const failure = writer.failure();
    if (failure !== null && refuses) return Promise.reject(refused(failure));
    // While storage fails and answers flow all the same, they flow past a full queue.
    if (failure !== null || (open < places && door.length === 0)) return Promise.resolve(admit(arrival));
    return new Promise((resolve, reject) => {
      door.push({ enter: () => resolve(admit(arrival)), refuse: (failure) => reject(refused(failure)) });
    });
  }

  function admit(arrival: Arrival): OpenRecord {
    const record = new OpenRecord(nextId(arrival.acceptedAt), arrival, open < places, end);
    if (record.hasPlace) {
      open++;
      begun.push(record);
      wakeSoon();
    }
    return record;
  }

  function wakeSoon(): void {
    if (isAlarmSet) return;
    isAlarmSet = true;
    setTimeout(() => {
      isAlarmSet = false;
      due = begun.length;
      if (due > 0) writer.wake();
    }, runningRowMs);
  }

  function end(record: OpenRecord, outcome: Ending): Promise<void> {
    record.endedTick = clock.tick();
    if (!record.hasPlace) {
      unrecorded++;
      shared.count({ addressId: otherId, outcome, errorKind: record.facts.errorKind });
      return Promise.resolve();
    }
    ended.push(record);
    const failure = writer.failure();
    if (failure !== null && refuses && !isAsync) {
      record.failed(failure);
      return Promise.reject(failure);
    }
    if (outcome === "rejected" && record.facts.keyId === 0) share(record);
    writer.wake();
    return failure !== null || isAsync ? Promise.resolve() : record.untilCommitted();
  }

  function share(record: OpenRecord): void {
    const { arrival, facts } = record;
    const fold = foldOf(arrival.address, arrival.acceptedAt);
    if (fold === "own") return;
    const addressId = fold === "all" ? otherId : names.idOf("address", arrival.address, "refused");
    shared.count({ addressId, outcome: "rejected", errorKind: facts.errorKind });
    record.isShared = true;
  }

  function refused(failure: GatewayError): GatewayError {
    unrecorded++;
    shared.count({ addressId: otherId, outcome: "failed", errorKind: failure.kind });
    return failure;
  }

  const source: Source = {
    take(isLast): Load | null {
      const count = Math.min(isLast ? begun.length : due, batchRows);
      const running = begun.splice(0, count).filter((record) => record.outcome === outcomes.running);
      due = Math.max(0, due - count);
      if (begun.length > due) wakeSoon();
      const ending = ended.splice(0, batchRows);
      const counted = shared.take();
      if (running.length + ending.length + counted.length === 0) return null;
      const dropped = ending.filter((record) => record.isShared && record.isPosted).map((record) => record.id);
      for (const record of running) record.isPosted = true;
      const own = ending.filter((record) => !record.isShared);
      const rows = encode(names, options.priceOf ?? noPrice, running, own, counted, dropped);
      sent = { running, ending, counted, newNames: rows.newNames };
      return { rows, sync: !isAsync && ending.length + counted.length > 0 };
    },
    committed(skipped) {
      const done = sent;
      sent = null;
      for (const record of done?.ending ?? []) {
        open--;
        onEnded(record);
        if (skipped.includes(record.id)) record.refused();
        else record.committed();
      }
      while (open < places && door.length > 0) door.shift()?.enter();
    },
    failed(failure) {
      putBack(sent);
      sent = null;
      for (const record of ended) record.uncommitted(failure, refuses);
      for (const waiting of door.splice(0)) {
        if (refuses) waiting.refuse(failure);
        else waiting.enter();
      }
    },
  };

  function putBack(back: Sent | null): void {
    if (back === null) return;
    begun = [...back.running, ...begun];
    ended = [...back.ending, ...ended];
    shared.putBack(back.counted);
    if (back.newNames !== null) names.putBack(back.newNames);
  }

  writer.attach(source);
  return {
    begin,
    stats: () => ({ open, waiting: door.length, unrecorded }),
    newestAt: () => timeOfId(newest),
    turnedAway(requests) {
      for (let at = 0; at < requests; at++) {
        shared.count({ addressId: otherId, outcome: "failed", errorKind: "storage_unavailable" });
      }
      writer.wake();
    },
  };
}

const noPrice: PriceOf = () => null;

/** What a batch carries until it is acknowledged. */
interface Sent {
  running: OpenRecord[];
  ending: OpenRecord[];
  counted: SharedRow[];
  newNames: NewNames | null;
}
