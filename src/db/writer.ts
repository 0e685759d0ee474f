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
   * returned (`returning`, as arrays of column values); rejects with the SQLite error of the statement that failed.
   */
  write(unit: Statement[]): Promise<unknown[][][]>;
}
