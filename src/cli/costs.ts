import { join } from "node:path";
import { systemClock } from "~/clock.ts";
import { loadConfig } from "~/config/load.ts";
import type { Settings } from "~/config.ts";
import { ask } from "~/db/socket.ts";
import { noteRecosted } from "~/deeds.ts";
import { recost } from "~/record/recost.ts";
import { openStore } from "~/record/store.ts";
import { BadArguments, readArguments, show } from "./arguments.ts";
import type { Command, UsageLine } from "./command.ts";
import { watchTime } from "./progress.ts";
import { checkRollup, readDay } from "./rollup.ts";

const usage: UsageLine[] = [
  "zgate costs recompute [--from YYYY-MM-DD] [--to YYYY-MM-DD] [--json]",
  "",
  {
    en: "Writes what requests would cost by today's prices, and their sums. UTC days, the last one included. The server may be running.",
    zh: "按当前价格重新计算请求费用及其汇总。按 UTC 日期，包含最后一天。服务运行时也可以执行。",
  },
];

/** `zgate costs recompute`. */
export const costs: Command = {
  summary: { en: "recompute costs by today's prices", zh: "按当前价格重新计算费用" },
  usage,
  flags: ["from", "to", "json"],

  async run(args, world) {
    let isSame = true;
    const code = await show(world, [], async () => {
      const { words, flags } = readArguments(args);
      if (words[0] !== "recompute") throw new BadArguments({ en: "say recompute.", zh: "请写 recompute。" });
      const { settings } = loadConfig(world.env, world.envFile());
      const from = (readDay(flags.from) ?? firstDay) * dayMs;
      const to = ((readDay(flags.to) ?? Math.floor(systemClock.now() / dayMs)) + 1) * dayMs;
      const stop = watchTime(world);
      const rows = await recostNow(settings, from, to).finally(stop);
      if (flags.json === undefined) world.print(settings.language === "zh" ? `重新计算了 ${rows} 行` : `${rows} rows`);
      const report = await checkRollup(world, settings, flags, true);
      isSame = report.same;
      return flags.json === undefined ? [] : [JSON.stringify({ recomputed: rows, ...report }, null, 2)];
    });
    return code === 0 && !isSame ? 1 : code;
  },
};

const dayMs = 86_400_000;
/** 2025-01-01: no request is older. */
const firstDay = 20_089;

/** By the server where it runs, else here. */
async function recostNow(settings: Settings, from: number, to: number): Promise<number> {
  const answer = await ask(join(settings.dataDir, "zgate.sock"), "costs.recompute", { from, to });
  if (answer !== null) return (answer as { rows: number }).rows;
  const { dataDir, durability, onStorageFailure } = settings;
  const log = { warn() {}, info() {} };
  const store = await openStore({ dataDir, durability, onStorageFailure, clock: systemClock, log });
  try {
    const rows = await recost(store.writer, from, to);
    await noteRecosted(store.writer, { from, to, rows });
    return rows;
  } finally {
    await store.close();
  }
}
