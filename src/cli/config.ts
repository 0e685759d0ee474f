import { type EffectiveSetting, effectiveSettings } from "~/config/effective.ts";
import { loadConfig } from "~/config/load.ts";
import { table } from "./arguments.ts";
import type { Command } from "./command.ts";
import { startWarnings } from "./warnings.ts";

/** `zgate config`: what a start would make of the environment and `.env`, without starting. */
export const config: Command = {
  summary: { en: "show the settings in effect, secrets masked", zh: "显示当前生效的设置（密钥已隐藏）" },
  usage: [
    "zgate config [--json]",
    "",
    {
      en: "Says where each value comes from. Exits 1 when a value makes no sense, so it checks a .env before a restart.",
      zh: "注明每个值的来源。有无效的值时以 1 退出，可在重启前检查 .env。",
    },
  ],
  flags: ["json"],
  isWordless: true,

  async run(args, world) {
    const { settings, notes, sources } = loadConfig(world.env, world.envFile());
    const list = effectiveSettings(settings, sources);
    const warnings = startWarnings(settings).map((text) => text[settings.language]);
    if (args.includes("--json")) {
      world.print(JSON.stringify({ settings: list, notes, warnings }, null, 2));
      return 0;
    }
    for (const line of table(list.map(cells))) world.print(line);
    for (const line of [...warnings, ...notes]) world.print(`! ${line}`);
    return 0;
  },
};

const cells = ({ name, value, from }: EffectiveSetting): string[] => [name, value, from === "default" ? "" : from];
