import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "~/config/load.ts";
import type { Text } from "~/config/text.ts";
import { StartError } from "~/errors.ts";
import type { Log } from "~/log.ts";
import { type Simulator, startSimulator } from "~/simulator/simulator.ts";
import { startZgate, type Zgate } from "~/zgate.ts";
import type { Command, World } from "./command.ts";
import { untilSignal } from "./serve.ts";
import { visit } from "./visitors.ts";

/** `zgate demo`: everything in one process, with a simulated Z.ai and a data folder that is thrown away at the end. */
export const demo: Command = {
  summary: {
    en: "try everything against a simulated Z.ai, leaving nothing behind",
    zh: "对接模拟的 Z.ai 试用，不留数据",
  },

  usage: ["zgate demo"],
  flags: [],
  isWordless: true,

  async run(_args, world) {
    const folder = mkdtempSync(join(tmpdir(), "zgate-demo-"));
    const simulator = await startSimulator({ paceMs: 20 });
    try {
      const log = world.log("warning", world.isTerminal ? "pretty" : "json", null);
      let isOpen = false;
      // What goes wrong with the demo's own visitors is meant to.
      const warning: Log["warning"] = (...line) => isOpen && log.warning(...line);
      const { zgate, language } = await open(world, simulator, folder, { ...log, warning });
      await visit(zgate.url, zgate.made.key ?? "");
      isOpen = true;
      for (const line of told(zgate)) world.print(line[language]);
      await untilSignal(world, 10_000, (drainMs) => zgate.close(drainMs));
      return 0;
    } finally {
      simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** On the usual port, unless something else is there already and nobody asked for it by name. */
async function open(world: World, simulator: Simulator, folder: string, log: Log) {
  const start = async (port: string) => {
    const { settings } = loadConfig(demoEnvironment(world.env, simulator, folder, port), null);
    return { zgate: await startZgate(settings, log, true), language: settings.language };
  };
  if (world.env.PORT) return start(world.env.PORT);
  try {
    return await start("9090");
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return start("0");
  }
}

/** The owner's own keys, upstream and data have no part in a demo; language and time zone have. */
function demoEnvironment(env: World["env"], simulator: Simulator, folder: string, port: string): World["env"] {
  const { TZ, LC_ALL, LC_MESSAGES, LANG } = env;
  return {
    ...{ TZ, LC_ALL, LC_MESSAGES, LANG },
    PORT: port,
    DATA_DIR: folder,
    UPSTREAM_URL: simulator.zaiUrl,
    ZAI_TOKEN: `demo.${crypto.randomUUID()}`,
  };
}

function told({ url, made }: Zgate): Text[] {
  const body = JSON.stringify({
    model: "glm-4.7",
    stream: true,
    messages: [{ role: "user", content: "Write a poem about the tide." }],
  });
  const curl = [
    `curl -N ${url}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${made.key}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${body}'`,
  ].join("\n");
  return [
    {
      en: "zgate demo: the upstream is simulated, the data folder scratch.",
      zh: "zgate 演示：上游为模拟，数据用完即弃。",
    },
    same(""),
    { en: `Home        ${url}/`, zh: `首页      ${url}/` },
    { en: `API base    ${url}/v1`, zh: `API 地址  ${url}/v1` },
    { en: `API key     ${made.key}`, zh: `API 密钥  ${made.key}` },
    { en: `Dashboard   ${url}/dashboard`, zh: `面板      ${url}/dashboard` },
    { en: `Password    ${made.password}`, zh: `面板密码  ${made.password}` },
    same(""),
    { en: "Paste this into another terminal:", zh: "在另一个终端粘贴：" },
    same(""),
    same(curl),
    same(""),
    { en: "Ctrl+C ends the demo and removes its data.", zh: "按 Ctrl+C 结束演示并删除数据。" },
  ];
}

function same(text: string): Text {
  return { en: text, zh: text };
}
