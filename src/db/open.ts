import { Database, SQLiteError } from "bun:sqlite";
import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { StartError } from "~/errors.ts";
import * as schema from "../../drizzle/schema.ts";
import { migrations } from "./migrations.ts";
import { openWritableSqlite } from "./sqlite.ts";

export type Db = ReturnType<typeof typed>;

/** A connection: Drizzle's, and SQLite's own beneath it. */
export interface Connection {
  db: Db;
  sqlite: Database;
  close(): void;
}

/** Marks the file as zgate's own (`ZGAT`): no other program's database is ever migrated. */
export const applicationId = 0x5a474154;

/** How far a start has come that takes its time: tables checked, migrations run. */
export type Report = (progress: { stage: "checking" | "copying" | "migrating"; done: number; of: number }) => void;

export interface OpenOptions {
  report?: Report;
  /** After a stop that was not clean, files up to this size are checked page by page; `zgate backup` reads any through. */
  largestChecked?: number;
}

/** Makes the data folder where it is missing, for its owner's eyes alone. Throws a StartError where it cannot be used. */
export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (/^(EEXIST|ENOTDIR)$/.test(errorCode(error))) {
      throw new StartError(`${dataDir} is not a folder; set DATA_DIR to one`, {
        zh: `${dataDir} 不是文件夹；请将 DATA_DIR 设为一个文件夹`,
      });
    }
    throw new StartError(
      `the data folder ${dataDir} cannot be used by ${whoWeAre()}: ${reason(error)}${remedy(dataDir, error).en}`,
      {
        zh: `${whoWeAre()} 无法使用数据文件夹 ${dataDir}：${reason(error)}${remedy(dataDir, error).zh}`,
        cause: error,
      },
    );
  }
}

export function databasePath(dataDir: string): string {
  return join(dataDir, "zgate.db");
}

/**
 * Opens the database for reading and writing at the start: makes it where it is missing, checks it, and brings it to
 * this binary's schema. Throws a StartError that says in one sentence why it cannot.
 */
export function openAndMigrate(path: string, options: OpenOptions = {}): Connection {
  const { report = () => {}, largestChecked = 256 * 1024 * 1024 } = options;
  try {
    keepPrivate(path);
    const wasClean = sizeOf(`${path}-wal`) === 0;
    const connection = openWritable(path);
    try {
      if (!wasClean && sizeOf(path) <= largestChecked) quickCheck(connection.sqlite, path, report);
      migrate(connection.sqlite, path, migrations, report);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw asStartError(error, path);
  }
}

/** The one read-write connection. The file must be there already. */
export function openWritable(path: string): Connection {
  return connection(openWritableSqlite(path));
}

/** A connection that cannot write: for what a start loads, and for the reader thread. */
export function openReadOnly(path: string): Connection {
  const sqlite = new Database(path, { readonly: true });
  // Waits where the writer is just making or removing the log; reading itself never needs a lock.
  sqlite.run("PRAGMA busy_timeout = 5000");
  sqlite.run("PRAGMA query_only = ON");
  sqlite.run("PRAGMA trusted_schema = OFF");
  sqlite.run("PRAGMA temp_store = MEMORY");
  // 64 MB of pages: what a month's overview reads twice.
  sqlite.run("PRAGMA cache_size = -65536");
  return connection(sqlite);
}

/** Runs the migrations that the file has not seen, all in one transaction; `user_version` counts those it has. */
export function migrate(sqlite: Database, path: string, list = migrations, report: Report = () => {}): void {
  const seen = numberOf(sqlite, "PRAGMA user_version");
  const owner = numberOf(sqlite, "PRAGMA application_id");
  const isEmpty = numberOf(sqlite, "SELECT count(*) FROM sqlite_schema") === 0;
  if (owner !== applicationId && !isEmpty) {
    throw new StartError(`${path} is a database of another program; set DATA_DIR to a folder of zgate's own`, {
      zh: `${path} 是其他程序的数据库；请将 DATA_DIR 设为 zgate 专用的文件夹`,
    });
  }
  if (seen > list.length) {
    throw new StartError(
      `${path} was written by a newer zgate (schema ${seen}, this one knows ${list.length}); start that version, ` +
        "or restore a backup from before the update",
      {
        zh: `${path} 由更新版本的 zgate 写入（结构版本 ${seen}，当前程序只认识 ${list.length}）；请启动新版本，或恢复更新前的备份`,
      },
    );
  }
  if (seen === list.length) return;
  if (seen > 0) {
    report({ stage: "copying", done: 0, of: 1 });
    copyAside(sqlite, `${path}.schema-${seen}`);
  }
  sqlite
    .transaction(() => {
      for (const [index, migration] of list.entries()) {
        if (index < seen) continue;
        report({ stage: "migrating", done: index - seen, of: list.length - seen });
        sqlite.run(migration.sql);
      }
      sqlite.run(`PRAGMA user_version = ${list.length}`);
      sqlite.run(`PRAGMA application_id = ${applicationId}`);
    })
    .immediate();
}

/** What a thread tells another of an error: its class does not travel. */
export function wordsOf(error: unknown): { en: string; zh: string } {
  return error instanceof StartError ? { en: error.message, zh: error.zh } : { en: reason(error), zh: reason(error) };
}

/** What went wrong with a file, as one sentence for the person at the terminal. */
export function asStartError(error: unknown, path: string): Error {
  if (error instanceof StartError) return error;
  const code = errorCode(error);
  const found = sentences.find(([pattern]) => pattern.test(code));
  const { en, zh } = found?.[1] ?? { en: reason(error), zh: reason(error) };
  return new StartError(`${path}: ${en}`, { zh: `${path}：${zh}`, cause: error });
}

const sentences: [RegExp, { en: string; zh: string }][] = [
  [
    /^SQLITE_(CORRUPT|NOTADB)/,
    {
      en: "the file is damaged or not a database; it was left as it is: restore a backup",
      zh: "文件已损坏或不是数据库；未作任何改动，请恢复备份",
    },
  ],
  [
    /^(SQLITE_READONLY|EROFS|EACCES|EPERM)/,
    {
      en: `${whoWeAre()} may not write it; check its owner and its mount`,
      zh: `${whoWeAre()} 没有写入权限；请检查所有者和挂载方式`,
    },
  ],
  [/^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC)/, { en: "the disk is full", zh: "磁盘已满" }],
  [/^SQLITE_BUSY/, { en: "another program keeps it locked; close that program", zh: "被其他程序锁定；请关闭该程序" }],
  [/^SQLITE_IOERR/, { en: "the disk reports an error; see the system's log", zh: "磁盘报错；请查看系统日志" }],
  [
    /^SQLITE_CANTOPEN/,
    {
      en: `${whoWeAre()} cannot open it; check owner, mode and free space`,
      zh: `${whoWeAre()} 无法打开；请检查所有者、权限和剩余空间`,
    },
  ],
];

/** A container's user has a number and no name, and then asking for the name throws. */
function whoWeAre(): string {
  const uid = process.getuid?.();
  try {
    const { username } = userInfo();
    if (username !== "" && username !== "unknown" && username !== String(uid)) return username;
  } catch {
    // No name.
  }
  return `user ${uid}`;
}

/** The line that gives a folder to us: a bind mount that Docker made belongs to root. */
function remedy(dataDir: string, error: unknown): { en: string; zh: string } {
  const uid = process.getuid?.();
  if (uid === undefined || !/^(EACCES|EPERM)$/.test(errorCode(error))) return { en: "", zh: "" };
  const line = `sudo chown -R ${uid}:${process.getgid?.()} ${dataDir}`;
  return {
    en: `; if that folder is meant, give it to this user: ${line} (in Docker, of the folder on the host that is mounted there)`,
    zh: `；如确要使用该文件夹，请改为该用户所有：${line}（在 Docker 中，对主机上挂载的文件夹执行）`,
  };
}

function typed(sqlite: Database) {
  return drizzle({ client: sqlite, schema });
}

function connection(sqlite: Database): Connection {
  return { db: typed(sqlite), sqlite, close: () => sqlite.close() };
}

/** Mode 0600, before SQLite makes its log and its index, which take the same mode. */
function keepPrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}

/** Table by table, so that a large one can say how far it is. */
export function quickCheck(sqlite: Database, path: string, report: Report = () => {}): void {
  const tables = sqlite
    .query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name")
    .values()
    .flat()
    .map(String);
  // The list of tables is one itself.
  for (const [done, table] of ["sqlite_schema", ...tables].entries()) {
    report({ stage: "checking", done, of: tables.length + 1 });
    const [first] = sqlite.query(`PRAGMA quick_check('${table.replaceAll("'", "''")}')`).values();
    if (first?.[0] === "ok") continue;
    const what = String(first?.[0]).replace(/\s+/g, " ");
    throw new StartError(`${path} is damaged (${what}); it was left as it is: restore a backup`, {
      zh: `${path} 已损坏（${what}）；未作任何改动，请恢复备份`,
    });
  }
}

/** What a person goes back to with the older version: the database as that version left it. */
function copyAside(sqlite: Database, copy: string): void {
  rmSync(copy, { force: true });
  // SQLite fills only a file that is empty.
  keepPrivate(copy);
  sqlite.query("VACUUM INTO ?").run(copy);
}

function numberOf(sqlite: Database, sql: string): number {
  return Number(sqlite.query(sql).values()[0]?.[0]);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function errorCode(error: unknown): string {
  if (error instanceof SQLiteError) return error.code ?? "";
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
