import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Clock } from "~/clock.ts";
import type { Settings } from "~/config.ts";
import { type BackupFacts, backUp, sync } from "~/db/backup.ts";
import { asStartError } from "~/db/open.ts";
import { ownFile } from "~/db/secret-file.ts";
import { StartError } from "~/errors.ts";
import { noteDeed } from "~/keys/statements.ts";
import type { Log } from "~/log.ts";
import type { Store } from "~/record/store.ts";

/** A backup, and the master secret without which its keys are worth nothing. */
export interface BackupView extends BackupFacts {
  secret: {
    /** Where this server has it: `ZGATE_SECRET` or the file's path. */
    source: string;
    /** The copy beside the backup, where one was asked for. */
    copy: string | null;
  };
}

export interface Backups {
  /** When the last one that the schedule made was done, ms since 1970; null where none was since the start. */
  readonly lastAt: number | null;
  /** Whether the schedule's last attempt failed. */
  readonly failed: boolean;
  /** What the schedule does when it is time. */
  makeNow(): Promise<void>;
  stop(): void;
}

type Where = Pick<Settings, "dataDir" | "zgateSecret">;

/** Answers `zgate backup`, and makes backups by itself where BACKUP_EVERY says so. */
export function createBackups(
  settings: Where & Pick<Settings, "backupDir" | "backupEveryMs" | "backupKeep">,
  store: Store,
  clock: Clock,
  log: Log,
): Backups {
  const folder = backupFolder(settings);
  const every = settings.backupEveryMs;
  let timer: Timer | null = null;
  let lastAt: number | null = null;
  let failed = false;
  let running: Promise<unknown> = Promise.resolve();

  /** One at a time: each reads the whole file. */
  function oneByOne(to: string, withSecret: boolean): Promise<BackupView> {
    const mine = running.then(() => makeBackup(settings, store.path, to, withSecret));
    running = mine.catch(() => {});
    return mine;
  }

  store.control.on("backup", async ({ to, with_secret }) => {
    const view = await oneByOne(String(to), with_secret === true);
    const after = { to: view.path, with_secret: view.secret.copy !== null };
    await noteDeed(store.writer, clock.now(), { action: "backup.make", subject: "database", after });
    return view;
  });

  function plan(): void {
    if (every === null) return;
    const newest = Math.max(0, ...scheduled(folder).map((path) => statSync(path).mtimeMs));
    // An overdue one waits a minute, so that a server that starts again and again does not copy again and again.
    const wait = failed ? Math.min(every, 600_000) : Math.max(60_000, newest + every - clock.now());
    timer = setTimeout(() => makeNow().then(plan), Math.min(wait, 2 ** 31 - 1));
    timer.unref();
  }

  async function makeNow(): Promise<void> {
    try {
      const { path, bytes, tookMs } = await oneByOne(join(folder, nameAt(clock.now(), "auto")), false);
      for (const old of scheduled(folder).slice(0, -settings.backupKeep)) rmSync(old);
      lastAt = clock.now();
      failed = false;
      log.info("A backup was written and checked", { path, bytes, tookMs });
    } catch (error) {
      failed = true;
      log.error("The scheduled backup failed", { why: error instanceof Error ? error.message : String(error) });
    }
  }

  plan();
  return {
    get lastAt() {
      return lastAt;
    },
    get failed() {
      return failed;
    },
    makeNow,
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Writes a backup of the database to the file `to`, whose folder is made where it is missing. */
export async function makeBackup(settings: Where, path: string, to: string, withSecret: boolean): Promise<BackupView> {
  const secret = ownFile(resolve(settings.dataDir, "secret.key"));
  const text = settings.zgateSecret ?? secret.read();
  const source = settings.zgateSecret === null ? secret.path : "ZGATE_SECRET";
  if (withSecret && text === null) throw new StartError(`There is no master secret at ${secret.path} to include`);
  try {
    mkdirSync(join(to, ".."), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asStartError(error, to);
  }
  const copy = secretBeside(to);
  if (withSecret && copy.read() !== null) throw new StartError(`${copy.path} is there already; it is not overwritten`);
  const facts = await backUp(path, to);
  if (withSecret) {
    copy.create(`${text?.trim()}\n`);
    sync(join(to, ".."));
  }
  return { ...facts, secret: { source, copy: withSecret ? copy.path : null } };
}

/** The master secret that belongs to a backup file. */
export function secretBeside(backup: string) {
  return ownFile(`${backup.replace(/\.db$/, "")}.secret.key`);
}

export function backupFolder({ backupDir, dataDir }: Pick<Settings, "backupDir" | "dataDir">): string {
  return backupDir ?? join(dataDir, "backups");
}

/** `zgate-20261122-134501.db`, in UTC; `zgate-auto-…` for those that the schedule may delete. */
export function nameAt(now: number, kind: "auto" | "hand"): string {
  const time = new Date(now).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `zgate-${kind === "auto" ? "auto-" : ""}${time}.db`;
}

/** What the schedule wrote, oldest first. */
function scheduled(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^zgate-auto-\d{8}-\d{6}\.db$/.test(name));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}
