import type { Database, Statement } from "bun:sqlite";
import { describe, isBusy, isStorageFailure } from "./failure.ts";
import type { Batch, BatchReply, UnitResult } from "./protocol.ts";
import { openWritableSqlite } from "./sqlite.ts";

/**
 * Prepares a room's own statements on a connection. What it returns writes one load inside the transaction, and gives the
 * ids of rows that SQLite refuses, each for itself. It throws what `isStorageFailure`.
 */
export type RowWriter = (sqlite: Database) => (rows: unknown) => number[];

/**
 * Commits batches, one transaction each, on a connection that is opened anew after a failure.
 * `onLocked` is called each time that another program's lock outlasts the busy timeout.
 */
export function createCommitter(path: string, prepareRows: RowWriter, onLocked: () => void) {
  let open: Open | null = null;
  try {
    open = openFor(path, prepareRows);
  } catch {
    // The first batch tries again, and says why it cannot.
  }

  function commit(batch: Batch): BatchReply {
    try {
      open ??= openFor(path, prepareRows);
      return transact(open, batch, onLocked);
    } catch (error) {
      // A connection that failed is not trusted again.
      close();
      return { ok: false, ...describe(error) };
    }
  }

  function close(): void {
    const closing = open;
    open = null;
    try {
      closing?.sqlite.close();
    } catch {
      // The failure that brought us here is the one to report.
    }
  }

  return {
    commit,
    close() {
      try {
        // Leaves one file that holds everything, and statistics for the query planner.
        open?.sqlite.run("PRAGMA optimize");
        open?.sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)");
      } catch {
        // The log stays, and the next start reads it.
      }
      close();
    },
  };
}

interface Open {
  sqlite: Database;
  writeRows(rows: unknown): number[];
  begin: Statement;
  commit: Statement;
  isSynced: boolean;
}

function openFor(path: string, prepareRows: RowWriter): Open {
  const sqlite = openWritableSqlite(path);
  return {
    sqlite,
    writeRows: prepareRows(sqlite),
    begin: sqlite.prepare("BEGIN IMMEDIATE"),
    commit: sqlite.prepare("COMMIT"),
    isSynced: true,
  };
}

function transact(open: Open, batch: Batch, onLocked: () => void): BatchReply {
  const { sqlite } = open;
  if (open.isSynced !== batch.sync) {
    // A setting of the connection, deaf inside a transaction. NORMAL: a killed process keeps the commit, and the next
    // FULL one syncs it along, since both stand in the same log.
    sqlite.run(batch.sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    open.isSynced = batch.sync;
  }
  beginPatiently(open.begin, onLocked);
  try {
    // A retry without work still has to prove that the disk takes a page.
    if (batch.isRetry) touch(sqlite);
    const skipped = batch.rows === null ? [] : open.writeRows(batch.rows);
    const results = batch.units.map((unit) => runUnit(sqlite, unit));
    open.commit.run();
    return { ok: true, results, skipped };
  } catch (error) {
    if (sqlite.inTransaction) sqlite.run("ROLLBACK");
    throw error;
  }
}

/** A database that somebody else keeps locked is waited for, however long that takes. */
function beginPatiently(begin: Statement, onLocked: () => void): void {
  for (;;) {
    try {
      begin.run();
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      onLocked();
    }
  }
}

function touch(sqlite: Database): void {
  const version = sqlite.query("PRAGMA user_version").values()[0]?.[0];
  sqlite.run(`PRAGMA user_version = ${version}`);
}

function runUnit(sqlite: Database, unit: Batch["units"][number]): UnitResult {
  sqlite.run("SAVEPOINT unit");
  try {
    const rows = unit.map((statement) => sqlite.query(statement.sql).values(...(statement.params as never[])));
    sqlite.run("RELEASE unit");
    return { rows };
  } catch (error) {
    if (isStorageFailure(error)) throw error;
    sqlite.run("ROLLBACK TO unit");
    sqlite.run("RELEASE unit");
    return describe(error);
  }
}
