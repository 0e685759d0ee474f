import { join } from "node:path";
import { loadConfig } from "~/config/load.ts";
import type { Settings } from "~/config.ts";
import { lockDataDir } from "~/db/lock.ts";
import { type Connection, databasePath, openAndMigrate } from "~/db/open.ts";
import { openToRead } from "~/db/read.ts";
import { ask } from "~/db/socket.ts";
import { type CellDifference, checkDay, daysToCheck, rowsWaiting } from "~/record/rollup-check.ts";
import { packed, repair } from "~/record/rollup-repair.ts";
import { sayIn } from "~/ui/say.ts";
import { BadArguments, type Flags, readArguments, show } from "./arguments.ts";
import type { Command, UsageLine, World } from "./command.ts";
import { bar } from "./progress.ts";

const usage: UsageLine[] = [
  "zgate rollup verify|rebuild [--from YYYY-MM-DD] [--to YYYY-MM-DD] [--json]",
  "",
  {
    en: "verify makes the cells of each UTC day from its rows once more and compares every bit; it exits 1 where they differ.",
    zh: "verify 用每个 UTC 日的原始记录重新计算汇总并逐位比较；有差异时以 1 退出。",
  },
  {
    en: "rebuild also puts right what differs. Both take days whose rows all stand, and work while the server runs.",
    zh: "rebuild 还会修正差异。两者只处理记录完整的日期，服务运行时也可以执行。",
  },
];

/** `zgate rollup verify|rebuild`. */
export const rollup: Command = {
  summary: { en: "compare the sums with the rows, or rebuild them", zh: "核对或重建汇总数据" },
  usage,
  flags: ["from", "to", "json"],

  async run(args, world) {
    let isSame = true;
    const code = await show(world, [], async () => {
      const { words, flags } = readArguments(args);
      const [what = ""] = words;
      if (what !== "verify" && what !== "rebuild")
        throw new BadArguments({ en: "say verify or rebuild.", zh: "请写 verify 或 rebuild。" });
      const { settings } = loadConfig(world.env, world.envFile());
      const report = await checkRollup(world, settings, flags, what === "rebuild");
      isSame = report.same;
      return flags.json === undefined ? [] : [JSON.stringify(report, null, 2)];
    });
    return code === 0 && !isSame ? 1 : code;
  },
};

export interface RollupReport {
  /** Whether, at the end, every cell is what its rows come to. */
  same: boolean;
  days: CheckedDay[];
  /** Rows that no cell counts yet. */
  waiting: number;
}

/** One UTC day, its cells compared with its rows. */
interface CheckedDay {
  date: string;
  rows: number;
  cells: number;
  differ: number;
  put_right: number;
}

/** Goes through the days, and tells of each as it comes unless all is wanted as JSON. */
export async function checkRollup(
  world: World,
  settings: Settings,
  flags: Flags,
  isRebuild: boolean,
): Promise<RollupReport> {
  const path = databasePath(settings.dataDir);
  const say = sayIn(settings.language);
  const tell = (line: string) => flags.json === undefined && world.print(line);
  const reader = openToRead(path);
  const report: RollupReport = { same: true, days: [], waiting: 0 };
  try {
    const days = daysToCheck(reader);
    if (days === null) tell(say("There is nothing in the rollup yet.", "汇总中还没有数据。"));
    const first = Math.max(days?.first ?? 0, readDay(flags.from) ?? 0);
    const last = Math.min(days?.last ?? -1, readDay(flags.to) ?? Number.POSITIVE_INFINITY);
    for (let day = first; day <= last; day++) {
      world.draw?.(bar(day - first, last + 1 - first));
      const { rows, cells, differences } = checkDay(reader, day);
      const date = new Date(day * dayMs).toISOString().slice(0, 10);
      const mends = isRebuild && differences.length > 0;
      if (mends) await repairAll(settings, path, differences);
      const left = mends ? checkDay(reader, day).differences.length : differences.length;
      report.days.push({ date, rows, cells, differ: differences.length, put_right: differences.length - left });
      report.same &&= left === 0;
      world.draw?.("");
      tell(`${date}  ${rows} rows  ${cells} cells  ${differences.length} differ`);
      if (mends) tell(`${date}  ${differences.length - left} put right`);
    }
    report.waiting = rowsWaiting(reader);
    tell(say(`${report.waiting} rows wait for the rollup`, `${report.waiting} 行等待汇总`));
  } finally {
    world.draw?.("");
    reader.close();
  }
  return report;
}

/** Through the server where it runs, else under its lock. */
async function repairAll(settings: Settings, path: string, differences: CellDifference[]): Promise<void> {
  for (let at = 0; at < differences.length; at += cellsATime) {
    const cells = packed(differences.slice(at, at + cellsATime));
    const answer = await ask(join(settings.dataDir, "zgate.sock"), "rollup.repair", { cells });
    if (answer === null) return repairAlone(settings, path, differences.slice(at));
  }
}

function repairAlone({ dataDir }: Settings, path: string, differences: CellDifference[]): void {
  const lock = lockDataDir(dataDir);
  const connection = openAndMigrate(path);
  try {
    repairHere(connection, differences);
  } finally {
    connection.close();
    lock.release();
  }
}

function repairHere({ sqlite }: Connection, differences: CellDifference[]): void {
  sqlite
    .transaction(() => {
      for (const { sql, params } of repair(differences)) sqlite.query(sql).run(...(params as never[]));
    })
    .immediate();
}

/** So many that requests wait for their commit a few milliseconds at most. */
const cellsATime = 200;
const dayMs = 86_400_000;

/** Days since 1970 of `2026-11-22`; null where nothing was said. */
export function readDay(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms))
    throw new BadArguments({
      en: `'${text}' is no day; write it like 2026-11-22.`,
      zh: `'${text}' 不是日期，请写成 2026-11-22。`,
    });
  return ms / dayMs;
}
