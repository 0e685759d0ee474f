import "./again.ts";
import { readFileSync } from "node:fs";
import type { World } from "~/cli/command.ts";
import { createLog } from "~/log.ts";
import { openLogFile } from "~/log-file.ts";

// A file that only its owner may read is what every file of zgate's is.
process.umask(0o077);

// Bun's fetch would follow these by itself; an upstream is reached the way its owner configured.
const env = { ...process.env };
for (const name of Object.keys(process.env)) if (/^(https?|all)_proxy$/i.test(name)) delete process.env[name];

// A log whose reader is gone must not end the server.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

const world: World = {
  env,
  envFile() {
    try {
      return readFileSync(".env", "utf8");
    } catch {
      return null;
    }
  },
  print: (line) => process.stdout.write(`${line}\n`),
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    }),
  complain: (line) => process.stderr.write(`${line}\n`),
  isTerminal: process.stdout.isTTY === true,
  draw(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  },
  signal: () =>
    new Promise((resolve) => {
      const done = () => {
        process.off("SIGTERM", done);
        process.off("SIGINT", done);
        resolve();
      };
      process.on("SIGTERM", done);
      process.on("SIGINT", done);
    }),
  log(level, format, file) {
    const write = file ? openLogFile(file.path, file.maxBytes).write : (line: string) => process.stdout.write(line);
    return createLog(level, format, write, Date.now);
  },
};

// Not before `again.ts` has had its say.
const { run } = await import("~/cli/run.ts");
process.exit(await run(process.argv.slice(2), world));
