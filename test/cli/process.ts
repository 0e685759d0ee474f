import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { World } from "~/cli/command.ts";
import { run } from "~/cli/run.ts";
import { createLog } from "~/log.ts";
import { fakeKey } from "../helpers/world.ts";

export interface Told {
  code: number;
  out: string;
  err: string;
}

/** Runs a command line in this process, with what it may touch of the world in its hands. */
export async function zgate(args: string[], env: Record<string, string> = {}): Promise<Told> {
  const out: string[] = [];
  const err: string[] = [];
  let written = "";
  const world: World = {
    env,
    envFile: () => null,
    print: (line) => out.push(line),
    async write(text) {
      written += text;
    },
    complain: (line) => err.push(line),
    isTerminal: false,
    signal: () => Promise.resolve(),
    log: (level, format) => createLog(level, format, () => {}, Date.now),
  };
  const code = await run(args, world);
  return { code, out: written + out.join("\n"), err: err.join("\n") };
}

/** A zgate in a process of its own, on a free port. */
export interface Served {
  url: string;
  key: string;
  child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  [Symbol.dispose](): void;
}

/** `through` is a program that runs it: `prlimit --fsize=…`. */
export async function serve(
  dataDir: string,
  upstreamUrl: string,
  more: Record<string, string> = {},
  through: string[] = [],
): Promise<Served> {
  const key = more.DEFAULT_KEY ?? fakeKey("client");
  const env = {
    PATH: process.env.PATH ?? "",
    PORT: "0",
    DATA_DIR: dataDir,
    DEFAULT_KEY: key,
    UPSTREAM_URL: upstreamUrl,
    ZAI_TOKEN: `test.${crypto.randomUUID()}`,
    ...more,
  };
  const child = Bun.spawn([...through, "bun", "src/main.ts", "serve"], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const url = await addressIn(child);
  return { url, key, child, [Symbol.dispose]: () => child.kill("SIGKILL") };
}

async function addressIn(child: Served["child"]): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = child.stdout.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    text += decoder.decode(value, { stream: true });
    const base = /(http:\/\/\S+)\/v1$/m.exec(text)?.[1];
    if (base) {
      reader.releaseLock();
      return base.replace("localhost", "127.0.0.1");
    }
    if (done) throw new Error(`it did not start: ${text}${await new Response(child.stderr).text()}`);
  }
}

export function scratch(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "zgate-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
