import type { Text } from "~/config/text.ts";
import { Refusal } from "~/db/socket.ts";
import { GatewayError, StartError } from "~/errors.ts";
import { languageOfWorld, type UsageLine, usageLines, type World } from "./command.ts";
import { didYouMean } from "./nearest.ts";

/** `--usd-per-day 2` as `usd_per_day: "2"`, a flag without a value as the empty text. */
export type Flags = Record<string, string>;

/** The command line itself makes no sense: its usage is the answer. */
export class BadArguments extends Error {
  constructor(readonly text: Text) {
    super(text.en);
  }
}

export const tooManyWords: Text = {
  en: "There are more words than it takes. Put what holds spaces in quotes.",
  zh: "参数过多。含空格的内容请加引号。",
};

export function hasNo(command: string, word: string, known: readonly string[]): Text {
  const near = didYouMean(word, known);
  return { en: `zgate ${command} has no '${word}'${near.en}`, zh: `zgate ${command} 没有 '${word}'${near.zh}` };
}

export function lacks(command: string, what: Text): Text {
  return { en: `zgate ${command} needs ${what.en}.`, zh: `zgate ${command} 需要${what.zh}。` };
}

/** Flags that stand for themselves. */
const bare = new Set(["all", "json", "with_secret"]);

/** Whether the next word is this flag's value; `flag` without its dashes. */
export const takesValue = (flag: string): boolean => !bare.has(flag.replaceAll("-", "_"));

/** A field as its flag: `usd_per_day` as `usd-per-day`. */
export const dashed = (field: string): string => field.replaceAll("_", "-");

export function readArguments(args: readonly string[]): { words: string[]; flags: Flags } {
  const words: string[] = [];
  // Without a prototype, `--__proto__` is an unknown flag like any other.
  const flags: Flags = Object.create(null);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!arg.startsWith("--")) {
      words.push(arg);
      continue;
    }
    const [name = "", inline] = arg.slice(2).split(/=(.*)/s);
    const field = name.replaceAll("-", "_");
    const value = inline ?? (bare.has(field) ? "" : args[++at]);
    if (value === undefined) throw new BadArguments({ en: `--${name} needs a value.`, zh: `--${name} 缺少值。` });
    flags[field] = value;
  }
  return { words, flags };
}

/** Prints what a command answers. Exit codes: 0 done, 1 refused with a sentence, 2 a command line that makes no sense. */
export async function show(world: World, usage: readonly UsageLine[], work: () => Promise<string[]>): Promise<number> {
  try {
    for (const line of await work()) world.print(line);
    return 0;
  } catch (error) {
    if (error instanceof StartError || !(error instanceof Error)) throw error;
    const language = languageOfWorld(world);
    if (error instanceof BadArguments) {
      world.complain(`zgate: ${error.text[language]}`);
      for (const line of usageLines(usage, language)) world.complain(line);
      return 2;
    }
    if (error instanceof GatewayError || error instanceof Refusal) {
      world.complain(`zgate: ${language === "zh" ? error.zh : error.message}`);
      return 1;
    }
    if (error.constructor === Error) {
      world.complain(`zgate: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

/** Columns of text, as wide as their widest cell. */
export function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => Bun.stringWidth(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - Bun.stringWidth(cell))))
      .join("  ")
      .trimEnd(),
  );
}
