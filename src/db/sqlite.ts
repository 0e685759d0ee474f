import { Database } from "bun:sqlite";

/** The one read-write connection, as SQLite has it. The file must be there already. */
export function openWritableSqlite(path: string): Database {
  const sqlite = new Database(path, { readwrite: true, create: false });
  try {
    // First of all, so that the settings below wait for a lock as well. It is a setting of the connection, 0 by default.
    sqlite.run("PRAGMA busy_timeout = 2000");
    // Retention gives pages back to the disk in small steps. Heard only before the first table.
    sqlite.run("PRAGMA auto_vacuum = INCREMENTAL");
    // Readers never wait for the writer, nor the writer for them.
    sqlite.run("PRAGMA journal_mode = WAL");
    // A commit is on the disk before it is acknowledged: it outlives a power cut. The writer says where it needs less.
    sqlite.run("PRAGMA synchronous = FULL");
    // After a burst the log is cut back to 64 MB.
    sqlite.run("PRAGMA journal_size_limit = 67108864");
    // Off by default: a secret without its key is a bug.
    sqlite.run("PRAGMA foreign_keys = ON");
    // A damaged or planted schema cannot call functions.
    sqlite.run("PRAGMA trusted_schema = OFF");
    // Sorting spills into memory: the data folder may be full.
    sqlite.run("PRAGMA temp_store = MEMORY");
    // 16 MB of pages: the ends of the tables and indexes that each commit touches.
    sqlite.run("PRAGMA cache_size = -16000");
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return sqlite;
}
