import { SQLiteError } from "bun:sqlite";

/** Anything thrown by a statement, as it travels between the threads. */
export interface Failure {
  /** SQLite's name for it: `SQLITE_FULL`. */
  code: string;
  message: string;
}

export function describe(error: unknown): Failure {
  if (error instanceof SQLiteError) return { code: error.code ?? "SQLITE_ERROR", message: error.message };
  return { code: "ERROR", message: error instanceof Error ? error.message : String(error) };
}

/** Whether the disk is at fault, and not the statement: https://www.sqlite.org/rescode.html */
export function isStorageFailure(error: unknown): boolean {
  return /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)/.test(describe(error).code);
}

/** Whether somebody else holds a lock. */
export function isBusy(error: unknown): boolean {
  return describe(error).code.startsWith("SQLITE_BUSY");
}
