import { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StartError } from "~/errors.ts";
import { startBackupWorker } from "~/workers.ts";
import { applicationId, asStartError, openReadOnly, quickCheck } from "./open.ts";

/** A backup that was written, synced and checked. */
export interface BackupFacts {
  path: string;
  bytes: number;
  /** How many migrations its schema has seen. */
  schema: number;
  requests: number;
  tookMs: number;
}

/** What the backup thread says. */
export type BackupReply = { done: BackupFacts } | { failed: { en: string; zh: string } };

/** Until it is checked, a backup has this behind its name: whatever has not is whole. */
export const unfinished = ".partial";

/**
 * Copies a database that others may be writing to, as it is at this moment, into one new file of mode 0600. Takes as long
 * as reading it all does, on a thread of its own. Throws a StartError; an existing file is never overwritten.
 */
export async function backUp(from: string, to: string): Promise<BackupFacts> {
  const worker = startBackupWorker();
  const answered = Promise.withResolvers<BackupFacts>();
  worker.onmessage = ({ data }: MessageEvent<BackupReply>) => {
    if ("done" in data) answered.resolve(data.done);
    else answered.reject(new StartError(data.failed.en, { zh: data.failed.zh }));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    answered.reject(new Error(event.message));
  };
  worker.postMessage({ from, to });
  try {
    return await answered.promise;
  } finally {
    worker.terminate();
  }
}

/** The work itself, for the thread. */
export function writeBackup(from: string, to: string): BackupFacts {
  if (existsSync(to)) {
    throw new StartError(`${to} is there already; a backup never overwrites a file`, {
      zh: `${to} 已存在；备份绝不覆盖文件`,
    });
  }
  const startedAt = performance.now();
  const partial = `${to}${unfinished}`;
  rmSync(partial, { force: true });
  try {
    // SQLite fills only a file that is empty; made here, it is for its owner's eyes alone.
    closeSync(openSync(partial, "wx", 0o600));
    copyInto(from, partial);
    const facts = inspect(partial);
    sync(partial);
    renameSync(partial, to);
    sync(dirname(to));
    return { path: to, ...facts, tookMs: Math.round(performance.now() - startedAt) };
  } catch (error) {
    rmSync(partial, { force: true });
    throw asStartError(error, to);
  }
}

function copyInto(from: string, to: string): void {
  // A connection that may only read may not fill another file either.
  const source = new Database(from, { readwrite: true, create: false });
  try {
    source.run("PRAGMA busy_timeout = 5000");
    source.run("PRAGMA trusted_schema = OFF");
    source.query("VACUUM INTO ?").run(to);
  } finally {
    source.close();
  }
}

/** Reads a database file through and says what it is. Throws a StartError where it is damaged. */
export function inspect(
  path: string,
  report: (done: number, of: number) => void = () => {},
): Pick<BackupFacts, "bytes" | "schema" | "requests"> {
  const copy = openReadOnly(path);
  try {
    const [[owner]] = copy.sqlite.query("PRAGMA application_id").values() as [[number]];
    if (owner !== applicationId) throw new StartError(`${path} is no database of zgate's`);
    quickCheck(copy.sqlite, path, ({ done, of }) => report(done, of));
    const [[schema]] = copy.sqlite.query("PRAGMA user_version").values() as [[number]];
    const [[requests]] = copy.sqlite.query("SELECT count(*) FROM requests").values() as [[number]];
    return { bytes: statSync(path).size, schema, requests };
  } finally {
    copy.close();
  }
}

/** A folder is synced as well, so that a new name in it outlives a power cut; Windows has no such thing. */
export function sync(path: string): void {
  if (process.platform === "win32" && statSync(path).isDirectory()) return;
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
