import { type Language, languageOf, type Text } from "~/config/text.ts";
import type { Log } from "~/log.ts";

/** What a command may touch of the world. `main.ts` makes the real one. */
export interface World {
  env: Record<string, string | undefined>;
  /** The text of `.env` in the working folder; null where there is none. */
  envFile(): string | null;
  print(line: string): void;
  /** Writes text as it is. Resolves when there is room for more, rejects where its reader has gone. */
  write(text: string): Promise<void>;
  complain(line: string): void;
  isTerminal: boolean;
  /** Writes over the terminal's last line, where there is one: how far something is. The empty text takes it away. */
  draw?(text: string): void;
  /** Resolves at the first SIGTERM or SIGINT; the next call at the one after it. */
  signal(): Promise<void>;
  log(level: keyof Log, format: "json" | "pretty", file: { path: string; maxBytes: number } | null): Log;
}

/** One command: `zgate NAME …`. Resolves with the exit code. */
export interface Command {
  summary: Text;
  /** What `zgate NAME --help` shows: command lines, and below them what is to be known. */
  usage?: readonly UsageLine[];
  /** The flags that it takes, without dashes; a command without the list looks at its flags itself. */
  flags?: readonly string[];
  /** It takes flags alone: any other word is a mistake. */
  isWordless?: true;
  run(args: string[], world: World): Promise<number>;
}

/** A line that reads the same in every language, or one for each. */
export type UsageLine = string | Text;

export function usageLines(usage: readonly UsageLine[], language: Language): string[] {
  return usage.map((line) => (typeof line === "string" ? line : line[language]));
}

/** What the person at the terminal reads. */
export function languageOfWorld({ env }: World): Language {
  return languageOf(env.LC_ALL || env.LC_MESSAGES || env.LANG);
}
