import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, openSync, readSync } from "node:fs";
import { join, resolve } from "node:path";
import { StartError } from "~/errors.ts";
import { asStartError } from "./open.ts";

export interface Lock {
  release(): void;
}

/**
 * Takes the data folder for this process: an exclusive SQLite lock on `zgate.lock`, which the kernel drops with the
 * process, however that dies. Throws a StartError that names the process that holds it.
 */
export function lockDataDir(dataDir: string): Lock {
  const path = resolve(join(dataDir, "zgate.lock"));
  if (held.has(path)) throw inUse(dataDir, process.pid);
  let sqlite: Database | undefined;
  try {
    closeSync(openSync(path, "a", 0o600));
    sqlite = new Database(path, { readwrite: true, create: false });
    // A process that is just leaving gets a moment.
    sqlite.run("PRAGMA busy_timeout = 250");
    sqlite.run("PRAGMA journal_mode = MEMORY");
    // With it the lock of the write below stays until the connection closes.
    sqlite.run("PRAGMA locking_mode = EXCLUSIVE");
    sqlite.run(`PRAGMA user_version = ${process.pid}`);
  } catch (error) {
    sqlite?.close();
    if (error instanceof SQLiteError && error.code?.startsWith("SQLITE_BUSY")) throw inUse(dataDir, holderOf(path));
    throw asStartError(error, path);
  }
  held.set(path, sqlite);
  return {
    release() {
      held.get(path)?.close();
      held.delete(path);
    },
  };
}

/**
 * The locks of this process. Kept here, since a connection that nobody refers to is closed, and its lock with it; and
 * looked up, since reading a file that we lock ourselves would drop the lock, as POSIX has it.
 */
const held = new Map<string, Database>();

/** Where `user_version` stands in a database file, big-endian: https://www.sqlite.org/fileformat.html#the_database_header */
const pidOffset = 60;

function holderOf(path: string): number {
  const pid = Buffer.alloc(4);
  const file = openSync(path, "r");
  try {
    readSync(file, pid, 0, 4, pidOffset);
  } finally {
    closeSync(file);
  }
  return pid.readUInt32BE();
}

function inUse(dataDir: string, pid: number): StartError {
  return new StartError(
    `the data folder ${dataDir} is in use by process ${pid}; stop that one, or set DATA_DIR to another folder`,
    { zh: `数据文件夹 ${dataDir} 正被进程 ${pid} 使用；请停止该进程，或将 DATA_DIR 设为其他文件夹` },
  );
}
