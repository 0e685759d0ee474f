/**
 * `bun bench/writer.ts [connections …]`: what recording alone costs. So many requests at a time begin, wait for one turn
 * of the event loop (an upstream that answers at once), end, and wait for their commit with `synchronous=FULL`.
 * Prints requests a second, CPU time a request over all threads and of the traffic thread alone, the time from `end` to
 * its commit, and bytes a row.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { openStore } from "../src/record/store.ts";

const seconds = 3;
const levels = process.argv.slice(2).map(Number);
const dataDir = mkdtempSync(join(process.cwd(), "bench-writer-"));
const quiet = { warn: console.warn, info() {} };

console.log("connections  requests/s  CPU µs/request  of it here  p50 ms  p99 ms  requests/commit  bytes/request");
for (const connections of levels.length > 0 ? levels : [1, 16, 64, 256]) await measure(connections);
rmSync(dataDir, { recursive: true });

async function measure(connections: number): Promise<void> {
  const folder = join(dataDir, String(connections));
  const store = await openStore({
    dataDir: folder,
    clock: systemClock,
    durability: "ack",
    onStorageFailure: "refuse",
    log: quiet,
  });
  const waits: number[] = [];
  await Promise.all(Array.from({ length: connections }, () => client(store, performance.now() + 500, [])));

  const before = {
    cpu: process.cpuUsage(),
    here: threadUs(),
    batches: store.writer.stats().batches,
    at: performance.now(),
  };
  await Promise.all(Array.from({ length: connections }, () => client(store, before.at + seconds * 1000, waits)));
  const cpu = process.cpuUsage(before.cpu);
  const here = threadUs() - before.here;
  const elapsed = performance.now() - before.at;
  const batches = store.writer.stats().batches - before.batches;
  const reader = store.openReader();
  const rows = Number(reader.sqlite.query("select count(*) from requests").values()[0]?.[0]);
  reader.close();
  await store.close();

  waits.sort((a, b) => a - b);
  const cells = [
    connections,
    Math.round((waits.length / elapsed) * 1000),
    ((cpu.user + cpu.system) / waits.length).toFixed(1),
    (here / waits.length).toFixed(1),
    waits[Math.floor(waits.length * 0.5)]?.toFixed(2),
    waits[Math.floor(waits.length * 0.99)]?.toFixed(2),
    (waits.length / batches).toFixed(1),
    Math.round(statSync(join(folder, "zgate.db")).size / rows),
  ];
  console.log(cells.map((cell, at) => String(cell).padStart([11, 12, 16, 12, 8, 8, 17, 15][at]!)).join(""));
}

async function client(store: Awaited<ReturnType<typeof openStore>>, until: number, waits: number[]): Promise<void> {
  while (performance.now() < until) {
    const record = await store.recorder.begin({
      acceptedAt: Date.now(),
      acceptedTick: performance.now(),
      method: "POST",
      path: "/v1/chat/completions",
      api: "chat",
      address: "192.0.2.7",
      userAgent: "OpenAI/JS 7.57.0",
    });
    Object.assign(record.facts, {
      keyId: 3,
      secretId: 5,
      modelAsked: "GLM-4.5",
      modelServed: "glm-4.5",
      upstream: "zai",
    });
    await new Promise((resolve) => setImmediate(resolve));
    const { facts } = record;
    facts.credential = "main";
    facts.stream = true;
    facts.status = 200;
    facts.attempts = 1;
    facts.upstreamHeadersTick = performance.now();
    facts.firstTokenTick = performance.now();
    facts.upstreamMs = 1;
    facts.tokensIn = 4321;
    facts.tokensOut = 765;
    facts.tokenSource = "upstream";
    facts.bytesIn = 23_456;
    facts.bytesOut = 34_567;
    const from = performance.now();
    await record.end("completed");
    waits.push(performance.now() - from);
  }
}

/** CPU time of the traffic thread so far, microseconds (Linux; NaN elsewhere). */
function threadUs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1000;
  } catch {
    return Number.NaN;
  }
}
