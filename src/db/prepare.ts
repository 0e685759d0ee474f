import { closeSync, openSync, readSync, statSync } from "node:fs";
import { StartError } from "~/errors.ts";
import { startPrepareWorker } from "~/workers.ts";
import { migrations } from "./migrations.ts";
import { databasePath, type Report } from "./open.ts";

/** What the thread says. */
export type PrepareReply = { progress: Parameters<Report>[0] } | { failed: { en: string; zh: string } } | "done";

/** Databases up to this size are checked and migrated at once: that takes less time than a thread. */
const quickBytes = 8 * 1024 * 1024;

/** Checks and migrates a large database that needs it, off this thread; the others are left to `openAndMigrate`. */
export async function prepareDatabase(dataDir: string, report: Report): Promise<void> {
  if (!needsTime(databasePath(dataDir))) return;
  // Reading a long log back takes its time as well.
  report({ stage: "checking", done: 0, of: 1 });
  const worker = startPrepareWorker();
  const answered = Promise.withResolvers<void>();
  worker.onmessage = ({ data }: MessageEvent<PrepareReply>) => {
    if (data === "done") answered.resolve();
    else if ("progress" in data) report(data.progress);
    else answered.reject(new StartError(data.failed.en, { zh: data.failed.zh }));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    answered.reject(new Error(event.message));
  };
  worker.postMessage(dataDir);
  try {
    await answered.promise;
  } finally {
    worker.terminate();
  }
}

function needsTime(path: string): boolean {
  if (sizeOf(path) <= quickBytes) return false;
  return sizeOf(`${path}-wal`) > 0 || schemaOf(path) < migrations.length;
}

/** `user_version` in the header, big-endian: https://www.sqlite.org/fileformat.html#the_database_header */
function schemaOf(path: string): number {
  const bytes = Buffer.alloc(4);
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, 4, 60);
  } finally {
    closeSync(file);
  }
  return bytes.readUInt32BE();
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
