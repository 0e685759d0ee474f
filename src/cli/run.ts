import { ConfigError } from "~/config/load.ts";
import { languageOf } from "~/config/text.ts";
import { StartError } from "~/errors.ts";
import { version } from "~/version.ts";
import { admin } from "./admin.ts";
import type { Command, World } from "./command.ts";
import { demo } from "./demo.ts";
import { keys } from "./keys.ts";
import { health } from "./health.ts";
import { serve } from "./serve.ts";

const commands: Record<string, Command> = { serve, demo, health, keys, admin };

/** Runs one command line and resolves with its exit code: 0 done, 1 a sentence said why not, 2 no such command. */
export async function run([name = "help", ...args]: string[], world: World): Promise<number> {
  if (name === "--version" || name === "version") {
    world.print(version);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help" || args.includes("--help")) {
    for (const line of help(world)) world.print(line);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const near = nearest(name, Object.keys(commands));
    world.complain(`zgate: there is no command '${name}'${near ? `; did you mean '${near}'?` : ""} See zgate --help.`);
    return 2;
  }
  try {
    return await command.run(args, world);
  } catch (error) {
    if (error instanceof ConfigError) for (const problem of error.problems) world.complain(`zgate: ${problem}`);
    else if (error instanceof StartError) world.complain(`zgate: ${error.message}`);
    else throw error;
    return 1;
  }
}

function help({ env }: World): string[] {
  const language = languageOf(env.LC_ALL || env.LC_MESSAGES || env.LANG);
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    `zgate ${version}`,
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  zgate ${name.padEnd(width)}  ${summary[language]}`),
  ];
}

/** The known word that a mistyped one is closest to; null where none is close. */
export function nearest(word: string, known: readonly string[]): string | null {
  const ranked = known.map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far);
  return ranked[0] && ranked[0].far <= 2 ? ranked[0].one : null;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
