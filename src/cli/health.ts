import { join } from "node:path";
import { loadConfig } from "~/config/load.ts";
import { ask } from "~/db/socket.ts";
import type { Command } from "./command.ts";

/** `zgate health`: whether the server of this data folder is up and can write; for container health checks. */
export const health: Command = {
  summary: { en: "ask the running server whether it is well", zh: "询问正在运行的服务是否正常" },
  usage: [
    "zgate health [--json]",
    "",
    { en: "Exits 0 when the server of DATA_DIR runs and can write.", zh: "DATA_DIR 的服务在运行且可写时以 0 退出。" },
  ],
  flags: ["json"],
  isWordless: true,

  async run(args, world) {
    const { settings } = loadConfig(world.env, world.envFile());
    const status = (await ask(join(settings.dataDir, "zgate.sock"), "status").catch(() => null)) as {
      healthy?: boolean;
    } | null;
    const state = status?.healthy ? "ok" : status ? "storage fails" : "not running";
    world.print(args.includes("--json") ? JSON.stringify({ state, ...status }) : state);
    return status?.healthy ? 0 : 1;
  },
};
