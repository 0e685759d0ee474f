import { type Database, SQLiteError, type Statement } from "bun:sqlite";
import { type Connection, openWritable } from "./open.ts";
import type { Batch, BatchReply, UnitResult } from "./protocol.ts";

/** Prepares a room's own statements on a connection. What it returns writes one load, inside the transaction. */
export type RowWriter = (connection: Connection) => (rows: unknown) => void;

/** Commits batches, one transaction each. Opens its connection when it first needs one, and anew after a failure. */
export function createCommitter(path: string, prepareRows: RowWriter) {
  let open: Open | null = null;

  function commit(batch: Batch): BatchReply {
    try {
      open ??= openFor(path, prepareRows);
      const results = transact(open, batch);
      return { ok: true, results };
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
      closing?.connection.close();
    } catch {
      // The failure that brought us here is the one to report.
    }
  }

  return {
    commit,
    close() {
      // Leaves one file that holds everything, and statistics for the query planner.
      open?.connection.sqlite.run("PRAGMA optimize");
      open?.connection.sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)");
      close();
    },
  };
}

interface Open {
  connection: Connection;
  writeRows(rows: unknown): void;
  begin: Statement;
  commit: Statement;
  isSynced: boolean;
}

function openFor(path: string, prepareRows: RowWriter): Open {
  const connection = openWritable(path);
  const { sqlite } = connection;
  return {
    connection,
    writeRows: prepareRows(connection),
    begin: sqlite.prepare("BEGIN IMMEDIATE"),
    commit: sqlite.prepare("COMMIT"),
    isSynced: true,
  };
}

function transact(open: Open, batch: Batch): UnitResult[] | null {
  const { sqlite } = open.connection;
  if (open.isSynced !== batch.sync) {
    // A setting of the connection, deaf inside a transaction. NORMAL: a killed process keeps the commit, and the next
    // FULL one syncs it along, since both stand in the same log.
    sqlite.run(batch.sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    open.isSynced = batch.sync;
  }
  beginPatiently(open.begin);
  try {
    // A retry without work still has to prove that the disk takes a page.
    if (batch.isRetry) touch(sqlite);
    if (batch.rows !== null) open.writeRows(batch.rows);
    const results = batch.units.length > 0 ? batch.units.map((unit) => runUnit(sqlite, unit)) : null;
    open.commit.run();
    return results;
  } catch (error) {
    if (sqlite.inTransaction) sqlite.run("ROLLBACK");
    throw error;
  }
}

/** A database that somebody else keeps locked is waited for, however long that takes. */
function beginPatiently(begin: Statement): void {
  for (;;) {
    try {
      begin.run();
      return;
    } catch (error) {
      if (!(error instanceof SQLiteError && error.code?.startsWith("SQLITE_BUSY"))) throw error;
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
    const described = describe(error);
    if (isStorageFailure(described.code)) throw error;
    sqlite.run("ROLLBACK TO unit");
    sqlite.run("RELEASE unit");
    return described;
  }
}

/** https://www.sqlite.org/rescode.html: what says that the disk, and not the statement, is at fault. */
function isStorageFailure(code: string): boolean {
  return /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)/.test(code);
}

function describe(error: unknown): { code: string; message: string } {
  if (error instanceof SQLiteError) return { code: error.code ?? "SQLITE_ERROR", message: error.message };
  return { code: "ERROR", message: error instanceof Error ? error.message : String(error) };
}
