/**
 * `bun bench/start.ts [folder] [times]`: how long the built binary takes from the command to the first `/ready` that says
 * yes, and from SIGTERM to its end, on a data folder that was left clean.
 *
 * A large one: `bun bench/ten-million.ts 10000000 FOLDER`, its file renamed to zgate.db. On a busy machine
 * `chrt -f 20 bun bench/start.ts FOLDER` takes the other work out of the numbers: 106 ms at ten million rows, on two cores.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const scratch = mkdtempSync(join(tmpdir(), "zgate-start-"));
const folder = process.argv[2] ?? scratch;
const times = Number(process.argv[3] ?? 15);
const binary = resolve("dist/zgate");
const env = {
  DATA_DIR: folder,
  DEFAULT_KEY: `bench-${crypto.randomUUID()}`,
  UPSTREAM_URL: "http://127.0.0.1:9/v1",
  UPSTREAM_DIALECT: "openai",
};

const ready: number[] = [];
const cpu: number[] = [];
const stopped: number[] = [];
for (let time = 0; time <= times; time++) {
  const port = freePort();
  const from = performance.now();
  const child = Bun.spawn([binary, "serve"], {
    env: { ...env, PORT: `${port}` },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await Bun.sleep(1);
  }
  const readyMs = performance.now() - from;
  child.kill("SIGTERM");
  const told = performance.now();
  await child.exited;
  // The first one may have had to check or to migrate.
  if (time === 0) continue;
  ready.push(readyMs);
  stopped.push(performance.now() - told);
  cpu.push(Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1000);
}
rmSync(scratch, { recursive: true, force: true });

console.log("milliseconds".padEnd(32), "least".padStart(8), "median".padStart(8), "most".padStart(8));
for (const [what, list] of Object.entries({
  "command to ready": ready,
  "SIGTERM to end": stopped,
  "CPU time of both": cpu,
})) {
  const sorted = list.sort((a, b) => a - b);
  const cells = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((ms) => ms!.toFixed(0).padStart(8));
  console.log(what.padEnd(32), ...cells);
}

function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}
