import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { databasePath, openAndMigrate } from "../src/db/open.ts";
import { makeMany } from "./many-requests.ts";

/** A data folder with so many requests of the last thirty days on record. */
export function makeMonth(folder: string, name: string, rows: number): { dataDir: string; bytes: number } {
  const dataDir = join(folder, name);
  const path = databasePath(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!existsSync(path)) {
    const connection = openAndMigrate(path);
    connection.sqlite.run("PRAGMA synchronous = OFF");
    makeMany(connection, { rows, days: 30, now: Date.now(), say: () => {} });
    connection.sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)");
    connection.close();
  }
  return { dataDir, bytes: statSync(path).size };
}
