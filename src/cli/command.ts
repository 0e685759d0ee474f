import type { Log } from "~/log.ts";

/** What a command may touch of the world. `main.ts` makes the real one. */
export interface World {
  env: Record<string, string | undefined>;
  /** The text of `.env` in the working folder; null where there is none. */
  envFile(): string | null;
  print(line: string): void;
  complain(line: string): void;
  isTerminal: boolean;
  /** Resolves at the first SIGTERM or SIGINT; the next call at the one after it. */
  signal(): Promise<void>;
  log(level: keyof Log, format: "json" | "pretty"): Log;
}

/** One command: `zgate NAME …`. Resolves with the exit code. */
export interface Command {
  summary: { en: string; zh: string };
  run(args: string[], world: World): Promise<number>;
}
