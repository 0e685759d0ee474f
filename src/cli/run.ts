import { ConfigError } from "~/config/load.ts";
import type { Language, Text } from "~/config/text.ts";
import { StartError } from "~/errors.ts";
import { version } from "~/version.ts";
import { takesValue } from "./arguments.ts";
import { type Command, languageOfWorld, usageLines, type World } from "./command.ts";
import { didYouMean, nearest } from "./nearest.ts";

/** Every command, in the order in which people meet them. A server loads its own alone. */
export const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import("./serve.ts")).serve,
  demo: async () => (await import("./demo.ts")).demo,
  keys: async () => (await import("./keys.ts")).keys,
  upstreams: async () => (await import("./upstreams.ts")).upstreams,
  doctor: async () => (await import("./doctor.ts")).doctor,
  admin: async () => (await import("./admin.ts")).admin,
  config: async () => (await import("./config.ts")).config,
  health: async () => (await import("./health.ts")).health,
  backup: async () => (await import("./backup.ts")).backup,
  restore: async () => (await import("./restore.ts")).restore,
  export: async () => (await import("./export.ts")).exportCommand,
  prune: async () => (await import("./prune.ts")).prune,
  rollup: async () => (await import("./rollup.ts")).rollup,
  costs: async () => (await import("./costs.ts")).costs,
};

/** All of them, by name. */
export function loadCommands(): Promise<[name: string, command: Command][]> {
  return Promise.all(Object.entries(commands).map(async ([name, load]) => [name, await load()] as [string, Command]));
}

/** Runs one command line and resolves with its exit code: 0 done, 1 a sentence said why not, 2 no such command. */
export async function run([name = "help", ...args]: string[], world: World): Promise<number> {
  const language = languageOfWorld(world);
  if (isVersion.test(name)) return print(world, [version]);
  if (isHelp.test(name) && args.length === 0) return print(world, await help(language));
  const asked = isHelp.test(name) ? args[0]! : name;
  const command = Object.hasOwn(commands, asked) ? await commands[asked]!() : undefined;
  if (!command) {
    world.complain(`zgate: ${unknownCommand(asked)[language]}`);
    return 2;
  }
  if (asked !== name || args.some((arg) => /^(--help|-h)$/.test(arg))) {
    return print(world, helpOf(asked, command, language));
  }
  const stray = command.flags && strayArgument(args, command.flags, command.isWordless === true);
  if (stray) {
    world.complain(`zgate ${asked}: ${stray[language]}`);
    return 2;
  }
  try {
    return await command.run(args, world);
  } catch (error) {
    if (error instanceof ConfigError) for (const problem of error.problems) world.complain(`zgate: ${problem}`);
    else if (error instanceof StartError) world.complain(`zgate: ${language === "zh" ? error.zh : error.message}`);
    else throw error;
    return 1;
  }
}

const isVersion = /^(--version|-v|version)$/;
const isHelp = /^(--help|-h|help)$/;

function print(world: World, lines: readonly string[]): number {
  for (const line of lines) world.print(line);
  return 0;
}

async function help(language: Language): Promise<string[]> {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    `zgate ${version}`,
    "",
    ...(await loadCommands()).map(([name, { summary }]) => `  zgate ${name.padEnd(width)}  ${summary[language]}`),
    "",
    more[language],
  ];
}

function helpOf(name: string, { summary, usage }: Command, language: Language): string[] {
  const lines = usage ?? [`zgate ${name}`];
  return [
    `zgate ${name}: ${summary[language]}`,
    "",
    ...usageLines(lines, language).map((line) => (line ? `  ${line}` : "")),
  ];
}

const more: Text = {
  en: "zgate COMMAND --help says more. Settings come from the environment and from .env in the working folder.",
  zh: "zgate 命令 --help 查看详情。设置取自环境变量和当前文件夹的 .env。",
};

function unknownCommand(name: string): Text {
  const near = didYouMean(name, Object.keys(commands));
  return {
    en: `there is no command '${name}'${near.en} See zgate --help.`,
    zh: `没有命令 '${name}'${near.zh}请看 zgate --help。`,
  };
}

function strayArgument(args: readonly string[], flags: readonly string[], isWordless: boolean): Text | null {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!arg.startsWith("-") || arg === "-") {
      if (isWordless) return { en: `there is no place for '${arg}'.`, zh: `多余的参数 '${arg}'。` };
      continue;
    }
    const flag = arg.replace(/^--?/, "").split("=")[0]!;
    if (arg.startsWith("--") && flags.includes(flag)) {
      // What follows is its value, even where that begins with a dash.
      if (!arg.includes("=") && takesValue(flag)) at++;
      continue;
    }
    const near = nearest(flag, flags);
    return {
      en: `there is no flag '${arg}'${near ? `; did you mean '--${near}'?` : "."}`,
      zh: `没有参数 '${arg}'${near ? `，是否想输入 '--${near}'？` : "。"}`,
    };
  }
  return null;
}
