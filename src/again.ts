import { readFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Some things Bun reads only as a process begins, so this one begins again where they are not as they must be. The first
 * import of `main.ts`, which loads the rest afterwards:
 *
 * - Bun's fetch queues silently above 256 calls at once. The image and the systemd unit set it themselves.
 * - Run from source, Bun looks for its settings in the working folder alone, which need not be the checkout.
 */
const calls = "BUN_CONFIG_MAX_HTTP_REQUESTS";
const isCompiled = Bun.main.startsWith("/$bunfs/");
const checkout = dirname(import.meta.dir);
const settings = [`--config=${checkout}/bunfig.toml`, `--tsconfig-override=${checkout}/tsconfig.json`];

const isCapped = process.env[calls] === undefined && /^(serve|demo)$/.test(process.argv[2] ?? "");
const isElsewhere = !isCompiled && process.cwd() !== checkout && !process.execArgv.includes(settings[0]!);

if (process.execve && (isCapped || isElsewhere)) {
  const env = { ...(isElsewhere ? envAsGiven() : process.env), ...(isCapped && { [calls]: "65336" }) };
  const own = isCompiled ? process.argv.slice(2) : process.argv.slice(1);
  const flags = [...process.execArgv, ...(isElsewhere ? settings : [])];
  process.execve(process.execPath, [process.execPath, ...flags, ...own], env as Record<string, string>);
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
