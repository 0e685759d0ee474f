import { rowsWaiting } from "~/record/rollup-check.ts";
import type { Asker } from "./question.ts";

/** What the database holds. */
export interface Storage {
  /** The size of the file, and how much of it is free pages. */
  bytes: number;
  freeBytes: number;
  /** The oldest and newest request, ms since 1970; null without any. */
  oldest: number | null;
  newest: number | null;
  /** `isMore`: counting stopped there, since it would have read the whole table. */
  tables: { name: string; rows: number; isMore: boolean }[];
  /** Rows that have ended and are not in the cells yet: more than ten thousand for long say that the rollup fails. */
  waiting: number;
  sqliteVersion: string;
  schemaVersion: number;
}

/** Counting further would keep other questions waiting: ten million rows take seconds, and cells are large. */
const mostCounted = 50_000;

/** For the system page. */
export function storage(_args: Record<string, never>, { connection: { sqlite } }: Asker): Storage {
  const number = (sql: string): number => Number(sqlite.query(sql).values()[0]?.[0] ?? 0);
  const pageSize = number("PRAGMA page_size");
  const bounds = sqlite
    .query<{ oldest: number | null; newest: number | null }, []>(
      "SELECT (SELECT accepted_at FROM requests ORDER BY id LIMIT 1) AS oldest, (SELECT accepted_at FROM requests ORDER BY id DESC LIMIT 1) AS newest",
    )
    .get();
  return {
    bytes: number("PRAGMA page_count") * pageSize,
    freeBytes: number("PRAGMA freelist_count") * pageSize,
    oldest: bounds?.oldest ?? null,
    newest: bounds?.newest ?? null,
    tables: ["requests", "names", "user_agents", "cells", "series", "audit_log"].map((name) => {
      const rows = number(`SELECT count(*) FROM (SELECT 1 FROM ${name} LIMIT ${mostCounted + 1})`);
      return { name, rows: Math.min(rows, mostCounted), isMore: rows > mostCounted };
    }),
    waiting: rowsWaiting({ sqlite }),
    sqliteVersion: String(sqlite.query("SELECT sqlite_version()").values()[0]?.[0]),
    schemaVersion: number("PRAGMA user_version"),
  };
}
