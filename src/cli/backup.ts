import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BackupView, backupFolder, makeBackup, nameAt } from "~/backups.ts";
import { loadConfig } from "~/config/load.ts";
import type { Settings } from "~/config.ts";
import { unfinished } from "~/db/backup.ts";
import { lockDataDir } from "~/db/lock.ts";
import { databasePath, prepareDataDir } from "~/db/open.ts";
import { ask } from "~/db/socket.ts";
import { StartError } from "~/errors.ts";
import { type Flags, readArguments, show } from "./arguments.ts";
import type { Command, UsageLine, World } from "./command.ts";
import { watchFile } from "./progress.ts";

const usage: UsageLine[] = [
  "zgate backup [--to FILE|FOLDER] [--with-secret] [--json]",
  "",
  {
    en: "Writes one file that holds everything but the master secret, and reads it through. The server may be running.",
    zh: "写出一个文件，包含除主密钥外的全部数据，并完整校验。服务运行时也可以执行。",
  },
  {
    en: "--to: where to; BACKUP_DIR or DATA_DIR/backups unless told. A file that is there already is never overwritten.",
    zh: "--to：写到哪里；默认 BACKUP_DIR 或 DATA_DIR/backups。已有文件绝不会被覆盖。",
  },
  {
    en: "--with-secret: also writes the master secret beside it (.secret.key, mode 0600). Keep the two apart.",
    zh: "--with-secret：同时在旁边写出主密钥（.secret.key，权限 0600）。两者请分开保管。",
  },
];

/** `zgate backup`: a checked copy of the database, whether the server runs or not. */
export const backup: Command = {
  summary: { en: "write a checked backup, also while the server runs", zh: "写出经过校验的备份，服务运行时也可以" },
  usage,
  flags: ["to", "with-secret", "json"],
  isWordless: true,

  run: (args, world) =>
    show(world, [], async () => {
      const { flags } = readArguments(args);
      const config = loadConfig(world.env, world.envFile());
      const to = target(config.settings, flags);
      const view = await write(world, config.settings, to, flags.with_secret !== undefined);
      return flags.json === undefined ? told(view, config.settings.language) : [JSON.stringify(view, null, 2)];
    }),
};

function target(settings: Settings, { to }: Flags): string {
  if (to === undefined) return free(resolve(backupFolder(settings)));
  const isFolder = to.endsWith("/") || statSync(to, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? free(resolve(to)) : resolve(to);
}

/** A name in a folder that nothing has yet: two backups may fall into one second. */
function free(folder: string): string {
  const name = nameAt(Date.now(), "hand");
  for (let more = 1; ; more++) {
    const path = join(folder, more === 1 ? name : name.replace(/\.db$/, `-${more}.db`));
    if (!existsSync(path)) return path;
  }
}

async function write(world: World, settings: Settings, to: string, withSecret: boolean): Promise<BackupView> {
  const path = databasePath(settings.dataDir);
  const stop = watchFile(world, `${to}${unfinished}`, statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  try {
    const answer = await ask(join(settings.dataDir, "zgate.sock"), "backup", { to, with_secret: withSecret });
    if (answer !== null) return answer as BackupView;
    prepareDataDir(settings.dataDir);
    const lock = lockDataDir(settings.dataDir);
    try {
      if (!statSync(path, { throwIfNoEntry: false })) throw new StartError(`There is no database at ${path} yet`);
      return await makeBackup(settings, path, to, withSecret);
    } finally {
      lock.release();
    }
  } finally {
    stop();
  }
}

function told({ path, bytes, requests, tookMs, secret }: BackupView, language: "en" | "zh"): string[] {
  const size = `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  const seconds = (tookMs / 1000).toFixed(1);
  const isZh = language === "zh";
  const written = isZh
    ? `${path}  （${size}，${requests} 行请求，用时 ${seconds} 秒，已校验）`
    : `${path}  (${size}, ${requests} rows of requests, ${seconds} s, checked)`;
  if (secret.copy !== null) {
    return [
      written,
      isZh
        ? `${secret.copy}  主密钥：谁有这两个文件，谁就有全部密钥。`
        : `${secret.copy}  the master secret: whoever has both files has every key.`,
    ];
  }
  return [
    written,
    isZh
      ? `恢复时需要主密钥：${secret.source}。请另行保存一份，或加上 --with-secret。`
      : `Restoring it needs the master secret: ${secret.source}. Keep a copy elsewhere, or add --with-secret.`,
  ];
}
