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

const usage: UsageLine[] = [
  "zgate rollup verify|rebuild [--from YYYY-MM-DD] [--to YYYY-MM-DD]",
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
  flags: ["from", "to"],

  async run(args, world) {
    let isSame = true;
    const code = await show(world, [], async () => {
      const { words, flags } = readArguments(args);
      const [what = ""] = words;
      if (what !== "verify" && what !== "rebuild") throw new BadArguments("say verify or rebuild.");
      const { settings } = loadConfig(world.env, world.envFile());
      isSame = await checkRollup(world, settings, flags, what === "rebuild");
      return [];
    });
    return code === 0 && !isSame ? 1 : code;
  },
};

/** Goes through the days; says whether, at the end, every cell is what its rows come to. */
export async function checkRollup(
  world: World,
  settings: Settings,
  flags: Flags,
  isRebuild: boolean,
): Promise<boolean> {
  const path = databasePath(settings.dataDir);
  const say = sayIn(settings.language);
  const reader = openToRead(path);
  let isSame = true;
  try {
    const days = daysToCheck(reader);
    if (days === null) {
      world.print(say("There is nothing in the rollup yet.", "汇总中还没有数据。"));
      tellWaiting();
      return true;
    }
    const first = Math.max(days.first, readDay(flags.from) ?? days.first);
    const last = Math.min(days.last, readDay(flags.to) ?? days.last);
    for (let day = first; day <= last; day++) {
      const { rows, cells, differences } = checkDay(reader, day);
      const date = new Date(day * dayMs).toISOString().slice(0, 10);
      world.print(`${date}  ${rows} rows  ${cells} cells  ${differences.length} differ`);
      if (differences.length === 0) continue;
      if (isRebuild) await repairAll(settings, path, differences);
      const left = isRebuild ? checkDay(reader, day).differences.length : differences.length;
      if (isRebuild) world.print(`${date}  ${differences.length - left} put right`);
      isSame &&= left === 0;
    }
    tellWaiting();
  } finally {
    reader.close();
  }
  return isSame;

  function tellWaiting(): void {
    const waiting = rowsWaiting(reader);
    world.print(say(`${waiting} rows wait for the rollup`, `${waiting} 行等待汇总`));
  }
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
      for (const { sql, params } of differences.flatMap(repair)) sqlite.query(sql).run(...(params as never[]));
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
  if (Number.isNaN(ms)) throw new BadArguments(`'${text}' is no day; write it like 2026-11-22.`);
  return ms / dayMs;
}
