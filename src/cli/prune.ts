import { join } from "node:path";
import { openCaptures } from "~/capture/open.ts";
import { systemClock } from "~/clock.ts";
import { byteCount } from "~/config/kinds.ts";
import { loadConfig } from "~/config/load.ts";
import type { Settings } from "~/config.ts";
import { ask } from "~/db/socket.ts";
import { notePruned } from "~/deeds.ts";
import { createRetention, type Keep, type Pruned } from "~/record/retention.ts";
import { openStore } from "~/record/store.ts";
import { BadArguments, type Flags, readArguments, show } from "./arguments.ts";
import type { Command, UsageLine } from "./command.ts";
import { watchTime } from "./progress.ts";

const usage: UsageLine[] = [
  "zgate prune [--keep-days N] [--max-size 5GB] [--json]",
  "",
  {
    en: "Deletes rows older than N days, then the oldest days until the database is small enough. Sums stay. Without",
    zh: "删除超过 N 天的记录，然后从最旧的日期开始删除，直到数据库足够小。汇总数据保留。",
  },
  {
    en: "flags: RETENTION_DAYS and RETENTION_MAX_SIZE, as the server does every hour. The server may be running.",
    zh: "不带参数时使用 RETENTION_DAYS 和 RETENTION_MAX_SIZE，与服务每小时所做的相同。服务运行时也可以执行。",
  },
];

/** `zgate prune`. */
export const prune: Command = {
  summary: { en: "delete old rows now; their sums stay", zh: "立即删除旧记录，保留汇总" },
  usage,
  flags: ["keep-days", "max-size", "json"],
  isWordless: true,

  run: (args, world) =>
    show(world, [], async () => {
      const { flags } = readArguments(args);
      const { settings } = loadConfig(world.env, world.envFile());
      const stop = watchTime(world);
      const pruned = await pruneNow(settings, readKeep(settings, flags)).finally(stop);
      if (flags.json !== undefined) return [JSON.stringify(pruned, null, 2)];
      const megabytes = (pruned.bytes / 1024 ** 2).toFixed(1);
      return [
        settings.language === "zh"
          ? `删除了 ${pruned.days.length} 天的 ${pruned.rows} 行记录，释放 ${megabytes} MB`
          : `${pruned.rows} rows of ${pruned.days.length} days are gone; ${megabytes} MB came free`,
      ];
    }),
};

function readKeep({ retentionDays, retentionMaxBytes }: Settings, flags: Flags): Keep {
  const isAsked = flags.keep_days !== undefined || flags.max_size !== undefined;
  if (!isAsked) return { rowDays: retentionDays || null, maxBytes: retentionMaxBytes };
  const { keep_days: days } = flags;
  if (days !== undefined && !/^0*[1-9]\d{0,6}$/.test(days)) {
    throw new BadArguments({
      en: "--keep-days takes a whole number of days, at least 1.",
      zh: "--keep-days 须为整数天数，至少为 1。",
    });
  }
  const rowDays = days === undefined ? null : Number(days);
  return { rowDays, maxBytes: flags.max_size === undefined ? null : readSize(flags.max_size) };
}

function readSize(text: string): number {
  try {
    return byteCount(1024 ** 2, 1024 ** 5).parse(text);
  } catch {
    throw new BadArguments({
      en: "--max-size takes a size like 500MB or 5GB.",
      zh: "--max-size 须为大小，例如 500MB 或 5GB。",
    });
  }
}

/** By the server where it runs, else here. */
async function pruneNow(settings: Settings, keep: Keep): Promise<Pruned> {
  const answer = await ask(join(settings.dataDir, "zgate.sock"), "prune", { ...keep });
  if (answer !== null) return answer as Pruned;
  const log = { warn() {}, info() {} };
  const { dataDir, durability, onStorageFailure } = settings;
  const store = await openStore({ dataDir, durability, onStorageFailure, clock: systemClock, log });
  try {
    const { db, close } = store.openReader();
    const { captures } = openCaptures(settings, { db, writer: store.writer, clock: systemClock }, log.warn);
    close();
    const retention = createRetention({ writer: store.writer, clock: systemClock, log, keep, captures });
    const pruned = await retention.prune();
    await notePruned(store.writer, pruned);
    return pruned;
  } finally {
    await store.close();
  }
}
