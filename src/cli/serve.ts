import { loadConfig } from "~/config/load.ts";
import { version } from "~/version.ts";
import { startZgate } from "~/zgate.ts";
import { startBanner } from "./banner.ts";
import type { Command, World } from "./command.ts";

/** `zgate serve`: the real thing, until a signal ends it. */
export const serve: Command = {
  summary: { en: "start the gateway", zh: "启动网关" },
  usage: [
    "zgate serve",
    "",
    {
      en: "Runs until SIGTERM or Ctrl+C: running answers then get SHUTDOWN_TIMEOUT to end, a second signal hurries.",
      zh: "运行到收到 SIGTERM 或 Ctrl+C 为止：进行中的回答最多再等 SHUTDOWN_TIMEOUT，第二次信号立即结束。",
    },
    {
      en: "Settings: docs/settings.md; zgate config shows those in effect.",
      zh: "设置见 docs/settings.zh-CN.md；zgate config 显示当前生效的设置。",
    },
  ],
  flags: [],
  isWordless: true,

  async run(_args, world) {
    const config = loadConfig(world.env, world.envFile());
    const { settings } = config;
    const file = settings.logFile === null ? null : { path: settings.logFile, maxBytes: settings.logFileBytes };
    const isForPeople = world.isTerminal && file === null;
    const format = settings.logFormat === "auto" ? (isForPeople ? "pretty" : "json") : settings.logFormat;
    const log = world.log(settings.logLevel, format, file);
    const signal = world.signal();
    const start = startZgate(settings, log, world.isTerminal);
    const zgate = await Promise.race([start, signal.then(() => null)]);
    // Told to end in the middle of a check or a migration: neither leaves anything half done.
    if (zgate === null) return 0;
    const { port, news } = zgate;
    // Whoever reads the banner may end this at once.
    const ended = untilSignal(world, settings.shutdownMs, (drainMs) => zgate.close(drainMs), signal);
    for (const line of startBanner({ version, port, config, news })) world.print(line);
    await ended;
    return 0;
  },
};

/** The first signal lets answers end, a second one hurries. */
export async function untilSignal(
  world: World,
  drainMs: number,
  close: (drainMs: number) => Promise<void>,
  first = world.signal(),
): Promise<void> {
  await first;
  const closed = close(drainMs);
  const hurry = world.signal().then(() => close(0));
  await Promise.race([closed, hurry]);
  await closed;
}
