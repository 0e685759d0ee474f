import { join } from "node:path";
import type { Clock } from "~/clock.ts";
import { lockDataDir } from "~/db/lock.ts";
import {
  asStartError,
  type Connection,
  databasePath,
  openAndMigrate,
  openReadOnly,
  prepareDataDir,
  type Report,
} from "~/db/open.ts";
import { prepareDatabase } from "~/db/prepare.ts";
import { type Control, openControl } from "~/db/socket.ts";
import { openWriter, type QueueWriter, type StoreLog } from "~/db/writer.ts";
import { createRecorder, type RecorderOptions, type StoreRecorder } from "./recorder.ts";
import { answerRepairs } from "./rollup-repair.ts";
import { type RecordStart, startRecord } from "./start.ts";
import { rowStatements } from "./statements.ts";

export interface StoreOptions
  extends Pick<RecorderOptions, "durability" | "onStorageFailure" | "places" | "foldRates" | "priceOf" | "onEnded"> {
  dataDir: string;
  clock: Clock;
  log: StoreLog;
  /** Hears how far a large database's check or migration is; not called where there is none. */
  onPreparing?: Report;
}

/** A data folder that this process holds: its database, its writer, its recorder, its socket. */
export interface Store {
  readonly path: string;
  writer: QueueWriter;
  recorder: StoreRecorder;
  /** The commands that `DATA_DIR/zgate.sock` answers. */
  control: Control;
  /** A connection that only reads: for what the rooms load before the first request, never on the traffic thread after. */
  openReader(): Connection;
  /** Whether rows can be written. */
  healthy(): boolean;
  /** Writes what waits, then gives the folder back. */
  close(): Promise<void>;
}

/**
 * Takes the data folder, brings its database to this binary's schema and starts the writer.
 * Throws a StartError: one sentence that says why it cannot.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { dataDir, clock, log } = options;
  prepareDataDir(dataDir);
  const lock = lockDataDir(dataDir);
  try {
    await prepareDatabase(dataDir, options.onPreparing ?? (() => {}));
    const path = databasePath(dataDir);
    const { names, lastId, lost } = startOn(path);
    if (lost > 0) log.warn(`${lost} requests were running when the last process ended; they are on record as lost`);

    const control = await openControl(join(dataDir, "zgate.sock"));
    const writer = openWriter({ path, rows: rowStatements(), tick: clock.tick, log });
    const recorder = createRecorder({ ...options, writer, names, lastId });
    answerRepairs(control, writer);
    control.on("status", () => ({ pid: process.pid, healthy: writer.failure() === null, ...recorder.stats() }));
    return {
      path,
      writer,
      recorder,
      control,
      openReader: () => openReadOnly(path),
      healthy: () => writer.failure() === null,
      async close() {
        control.close();
        await writer.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function startOn(path: string): RecordStart {
  const { db, close } = openAndMigrate(path);
  try {
    return startRecord(db);
  } catch (error) {
    throw asStartError(error, path);
  } finally {
    close();
  }
}
