import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { secretBeside } from "~/backups.ts";
import { loadConfig } from "~/config/load.ts";
import { inspect, sync, unfinished } from "~/db/backup.ts";
import { lockDataDir } from "~/db/lock.ts";
import { migrations } from "~/db/migrations.ts";
import { asStartError, databasePath, openReadOnly, prepareDataDir } from "~/db/open.ts";
import { type OwnFile, ownFile } from "~/db/secret-file.ts";
import { StartError } from "~/errors.ts";
import { loadSettings } from "~/keys/load.ts";
import { openMaster } from "~/keys/master.ts";
import { masterCheckName } from "~/keys/settings.ts";
import { BadArguments, readArguments, show } from "./arguments.ts";
import type { Command, UsageLine } from "./command.ts";
import { bar } from "./progress.ts";

const usage: UsageLine[] = [
  "zgate restore FILE --to FOLDER [--secret FILE] [--json]",
  "",
  {
    en: "Makes a data folder out of a backup. FOLDER must hold no database: nothing is ever overwritten.",
    zh: "用备份建立数据文件夹。FOLDER 中不能已有数据库：绝不覆盖任何文件。",
  },
  {
    en: "The master secret is taken from --secret, from beside FILE (.secret.key), from FOLDER or from ZGATE_SECRET, and",
    zh: "主密钥依次取自 --secret、FILE 旁边的 .secret.key、FOLDER 或 ZGATE_SECRET，",
  },
  {
    en: "checked against the backup. Then: DATA_DIR=FOLDER zgate serve",
    zh: "并与备份核对。之后：DATA_DIR=FOLDER zgate serve",
  },
];

interface Restored {
  dataDir: string;
  bytes: number;
  requests: number;
  /** Where the master secret is now; null where none was found. */
  secret: string | null;
}

/** `zgate restore`: a backup becomes a data folder again. */
export const restore: Command = {
  summary: { en: "make a data folder out of a backup", zh: "用备份建立数据文件夹" },
  usage,
  flags: ["to", "secret", "json"],

  run: (args, world) =>
    show(world, ["zgate restore FILE --to FOLDER [--secret FILE] [--json]"], async () => {
      const { words, flags } = readArguments(args);
      const [file, ...more] = words;
      if (file === undefined)
        throw new BadArguments({
          en: "zgate restore needs the backup's FILE.",
          zh: "zgate restore 需要备份文件 FILE。",
        });
      if (flags.to === undefined)
        throw new BadArguments({ en: "zgate restore needs --to FOLDER.", zh: "zgate restore 需要 --to FOLDER。" });
      if (more.length > 0)
        throw new BadArguments({ en: "zgate restore takes one FILE.", zh: "zgate restore 只接受一个 FILE。" });
      const { settings } = loadConfig(world.env, world.envFile());
      // Reading the backup through takes nearly all of the time.
      const report = (done: number, of: number) => world.draw?.(bar(done, of));
      const secrets = { path: flags.secret ?? null, environment: settings.zgateSecret };
      try {
        const restored = put(resolve(file), resolve(flags.to), secrets, report);
        return flags.json === undefined ? told(restored, settings.language) : [JSON.stringify(restored, null, 2)];
      } finally {
        world.draw?.("");
      }
    }),
};

type ReportShare = (done: number, of: number) => void;

/** Where the owner says that the master secret is. */
interface NamedSecrets {
  path: string | null;
  environment: string | null;
}

function put(file: string, dataDir: string, named: NamedSecrets, report: ReportShare): Restored {
  if (!existsSync(file)) throw new StartError(`There is no file ${file}`);
  prepareDataDir(dataDir);
  const lock = lockDataDir(dataDir);
  try {
    const to = databasePath(dataDir);
    for (const path of [to, `${to}-wal`]) {
      if (existsSync(path)) {
        throw new StartError(`${path} is there already; restore into an empty folder`, {
          zh: `${path} 已存在；请恢复到空文件夹`,
        });
      }
    }
    const facts = check(file, report);
    const kept = ownFile(join(dataDir, "secret.key"));
    const secret = findSecret(file, named, kept);
    // Before anything is written: a wrong secret would make a folder that does not start.
    if (secret !== null) compare(file, secret);
    copyWhole(file, to);
    if (secret !== null && secret.from !== "ZGATE_SECRET" && kept.read() === null) kept.create(`${secret.text}\n`);
    return {
      dataDir,
      ...facts,
      secret: secret === null ? null : secret.from === "ZGATE_SECRET" ? secret.from : kept.path,
    };
  } finally {
    lock.release();
  }
}

function check(file: string, report: ReportShare): { bytes: number; requests: number } {
  try {
    const { schema, ...facts } = inspect(file, report);
    if (schema > migrations.length) {
      throw new StartError(
        `${file} was written by a newer zgate (schema ${schema}, this one knows ${migrations.length})`,
      );
    }
    return facts;
  } catch (error) {
    throw asStartError(error, file);
  }
}

interface FoundSecret {
  text: string;
  from: string;
}

function findSecret(file: string, { path, environment }: NamedSecrets, kept: OwnFile): FoundSecret | null {
  if (path !== null && ownFile(path).read() === null) throw new StartError(`There is no file ${path}`);
  const places = [...(path === null ? [] : [ownFile(path)]), secretBeside(file), kept];
  for (const place of places) {
    const text = place.read();
    if (text !== null) return { text: text.trim(), from: place.path };
  }
  return environment === null ? null : { text: environment, from: "ZGATE_SECRET" };
}

function compare(file: string, { text, from }: FoundSecret): void {
  const backup = openReadOnly(file);
  try {
    const storedCheck = loadSettings(backup.db).get(masterCheckName);
    if (typeof storedCheck !== "string") return;
    const nowhere = { path: from, read: () => text, create() {}, remove: async () => {} };
    openMaster({ fromEnvironment: null, file: nowhere, storedCheck, isInUse: true });
  } finally {
    backup.close();
  }
}

function copyWhole(file: string, to: string): void {
  const partial = `${to}${unfinished}`;
  try {
    rmSync(partial, { force: true });
    copyFileSync(file, partial);
    chmodSync(partial, 0o600);
    sync(partial);
    renameSync(partial, to);
    sync(join(to, ".."));
  } catch (error) {
    rmSync(partial, { force: true });
    throw asStartError(error, to);
  }
}

function told({ dataDir, requests, secret }: Restored, language: "en" | "zh"): string[] {
  const isZh = language === "zh";
  return [
    isZh ? `${dataDir} 已就绪：${requests} 行请求。` : `${dataDir} is ready: ${requests} rows of requests.`,
    secret === null
      ? isZh
        ? `缺少主密钥：启动前请把 secret.key 放入 ${dataDir}，或设置 ZGATE_SECRET。`
        : `The master secret is missing: before a start, put secret.key into ${dataDir} or set ZGATE_SECRET.`
      : isZh
        ? `主密钥与备份相符：${secret}。`
        : `The master secret is the one that the backup needs: ${secret}.`,
    isZh ? `启动：DATA_DIR=${dataDir} zgate serve` : `Start it: DATA_DIR=${dataDir} zgate serve`,
  ];
}
