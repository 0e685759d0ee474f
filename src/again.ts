import { readFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Run from source, Bun looks for its settings in the working folder alone, which need not be the checkout: then this
 * process begins again with them. The first import of `main.ts`, which loads the rest afterwards.
 */
const checkout = dirname(import.meta.dir);
const settings = [`--config=${checkout}/bunfig.toml`, `--tsconfig-override=${checkout}/tsconfig.json`];
const isCompiled = Bun.main.startsWith("/$bunfs/");

if (process.execve && !isCompiled && process.cwd() !== checkout && !process.execArgv.includes(settings[0]!)) {
  const args = [process.execPath, ...process.execArgv, ...settings, ...process.argv.slice(1)];
  process.execve(process.execPath, args, envAsGiven() as Record<string, string>);
}

/** The environment without what Bun has put into it from a `.env`, which zgate reads in its own way. */
function envAsGiven(): Record<string, string | undefined> {
  try {
    const given = readFileSync("/proc/self/environ", "utf8").split("\0").filter(Boolean);
    return Object.fromEntries(given.map((line) => line.split(/=(.*)/s, 2)));
  } catch {
    return process.env;
  }
}
