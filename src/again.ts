/**
 * Bun's fetch queues silently above 256 calls at once, and reads this only when a process begins: begin it again. The
 * first import of `main.ts`, so that nothing else has run by then. The image and the systemd unit set it themselves.
 */
const calls = "BUN_CONFIG_MAX_HTTP_REQUESTS";
if (process.env[calls] === undefined && process.execve && /^(serve|demo)$/.test(process.argv[2] ?? "")) {
  const own = Bun.main.startsWith("/$bunfs/") ? 2 : 1;
  const more = { ...process.env, [calls]: "65336" } as Record<string, string>;
  process.execve(process.execPath, [process.execPath, ...process.argv.slice(own)], more);
}

export {};
