import { loadConfig } from "~/config/load.ts";
import { version } from "~/version.ts";
import { startZgate } from "~/zgate.ts";
import { startBanner } from "./banner.ts";
import type { Command, World } from "./command.ts";

/** `zgate serve`: the real thing, until a signal ends it. */
export const serve: Command = {
  summary: { en: "start the gateway", zh: "启动网关" },

  async run(_args, world) {
    const config = loadConfig(world.env, world.envFile());
    const { settings } = config;
    const format = settings.logFormat === "auto" ? (world.isTerminal ? "pretty" : "json") : settings.logFormat;
    const log = world.log(settings.debugMode ? "debug" : settings.logLevel, format);
    const zgate = await startZgate(settings, log, world.isTerminal);
    const { port, news } = zgate;
    // Whoever reads the banner may end this at once.
    const ended = untilSignal(world, (drainMs) => zgate.close(drainMs));
    for (const line of startBanner({ version, port, config, news })) world.print(line);
    await ended;
    return 0;
  },
};

/** The first signal lets answers end, a second one hurries. */
export async function untilSignal(world: World, close: (drainMs: number) => Promise<void>): Promise<void> {
  await world.signal();
  const closed = close(10_000);
  const hurry = world.signal().then(() => close(0));
  await Promise.race([closed, hurry]);
  await closed;
}
