/**
 * `bun run soak [--minutes 10] [--rate 20] [--leaving 10000]`: a zgate of its own before the simulated Z.ai, on this
 * machine alone, under a steady mix of good requests, misbehaving upstreams, bad input and clients that leave; then so
 * many streams whose clients leave in the middle, as fast as they can. It ends well when every request is on record once,
 * nothing is in flight any more, memory is within a fifth of what it was in the third minute, and the streams that were
 * left have added no more than that.
 */
import { Database } from "bun:sqlite";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ask } from "~/db/socket.ts";
import { startSimulator } from "~/simulator/simulator.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "20" },
    leaving: { type: "string", default: "10000" },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const leavers = Number(values.leaving);
if (!(minutes > 0 && minutes <= 120 && rate > 0 && rate <= 200 && leavers >= 0 && leavers <= 100_000)) {
  console.error("soak: --minutes is 0 to 120, --rate 0 to 200 requests a second, --leaving 0 to 100000 streams.");
  process.exit(2);
}

/** What a request is like: of twenty, so many are like this. */
interface Kind {
  name: string;
  share: number;
  scenario?: string;
  stream?: boolean;
  /** Milliseconds after which the client leaves. */
  leavesMs?: number;
  body?: string;
  key?: string;
}

const kinds: Kind[] = [
  { name: "whole", share: 12 },
  { name: "stream", share: 14, stream: true },
  { name: "slow drip", share: 1, stream: true, scenario: "drip" },
  { name: "long stream", share: 2, stream: true, scenario: "long:400" },
  { name: "leaves in mid-stream", share: 2, stream: true, scenario: "slow:50", leavesMs: 150 },
  { name: "leaves before the head", share: 1, scenario: "silence", leavesMs: 150 },
  { name: "500, then well", share: 1, scenario: "fails_then_ok" },
  { name: "concurrency, then well", share: 1, scenario: "e429_1302_then_ok" },
  { name: "overloaded", share: 1, scenario: "e429_1305" },
  { name: "http 500", share: 1, stream: true, scenario: "http500" },
  { name: "quota", share: 1, scenario: "e429_1308" },
  { name: "bad parameter", share: 1, scenario: "e400_1210" },
  { name: "page", share: 1, stream: true, scenario: "html" },
  { name: "redirect", share: 1, scenario: "redirect" },
  { name: "silence", share: 1, stream: true, scenario: "silence" },
  { name: "stall", share: 1, stream: true, scenario: "stall:3" },
  { name: "reset in mid-stream", share: 1, stream: true, scenario: "reset:3" },
  { name: "reset first", share: 1, scenario: "reset_first" },
  { name: "closed in mid-stream", share: 1, stream: true, scenario: "close:4" },
  { name: "error in first frame", share: 1, stream: true, scenario: "inband_first" },
  { name: "error in mid-stream", share: 1, stream: true, scenario: "inband_error" },
  { name: "truncated", share: 1, stream: true, scenario: "truncate_answer" },
  { name: "garbage", share: 1, stream: true, scenario: "garbage_line" },
  { name: "giant frame", share: 1, stream: true, scenario: "giant_frame" },
  { name: "half JSON", share: 1, body: '{"model":' },
  { name: "unknown key", share: 1, key: `not-a-key-${crypto.randomUUID()}` },
];

const dataDir = mkdtempSync(join(tmpdir(), "zgate-soak-"));
const simulator = await startSimulator();
const key = `soak-${crypto.randomUUID()}`;
const server = Bun.spawn([process.execPath, join(import.meta.dir, "../src/main.ts"), "serve"], {
  env: {
    PATH: process.env.PATH,
    PORT: "0",
    DATA_DIR: dataDir,
    DEFAULT_KEY: key,
    UPSTREAM_URL: simulator.zaiUrl,
    ZAI_TOKEN: `soak.${crypto.randomUUID()}`,
    LOG_LEVEL: "error",
    LOG_FORMAT: "json",
    HEADERS_TIMEOUT: "2",
    STREAM_TIMEOUT: "2",
    REQUEST_TIMEOUT: "4",
    RETRY_BUDGET: "3",
    UPSTREAM_IN_FLIGHT: "200",
    // What breaks is to break to the end, and not to be kept away from.
    BREAKER_FAILURES: "0",
  },
  stdout: "pipe",
  stderr: "inherit",
});

const port = await portOf(server.stdout);
const url = `http://127.0.0.1:${port}/v1/chat/completions`;
const deck = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
const statuses = new Map<string, number>();
const memory: { second: number; mb: number }[] = [];
const open = new Set<Promise<void>>();
const endsAt = Date.now() + minutes * 60_000;
let sent = 0;
console.log(`soak: ${rate} requests a second for ${minutes} minutes against port ${port}, process ${server.pid}`);

const startedAt = Date.now();
const sampling = setInterval(() => sample(), 2_000);
while (Date.now() < endsAt && server.exitCode === null) {
  const due = Math.floor(((Date.now() - startedAt) / 1000) * rate);
  // A machine that cannot keep up is given less, not a heap to work off.
  for (; sent < due && open.size < 500; sent++) {
    const asked = send(deck[(sent * 7) % deck.length]!).finally(() => open.delete(asked));
    open.add(asked);
  }
  await Bun.sleep(10);
}
await Promise.all(open);
clearInterval(sampling);
sample();

const problems = await findProblems();
if (server.exitCode === null) problems.push(...(await leaveInCrowds()));
for (const [what, count] of [...statuses].sort()) console.log(`  ${String(count).padStart(7)}  ${what}`);
console.log(`soak: memory in MB every two seconds: ${memory.map(({ mb }) => mb).join(" ")}`);
server.kill("SIGTERM");
await server.exited;
simulator.stop();
const rows = rowsOnRecord();
if (rows.requests !== sent) {
  problems.push(`${sent} requests were sent and ${rows.requests} are on record: ${JSON.stringify(rows.byStatus)}`);
}
if (rows.running > 0) problems.push(`${rows.running} rows still say running`);
rmSync(dataDir, { recursive: true, force: true });
for (const problem of problems) console.error(`soak: ${problem}`);
console.log(`soak: ${sent} requests, ${rows.requests} on record, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

async function send({ name, scenario, stream = false, leavesMs, body, key: shown = key }: Kind): Promise<void> {
  const leaving = new AbortController();
  const nonce = crypto.randomUUID();
  if (leavesMs !== undefined) void leave(nonce, leavesMs, leaving);
  const mark = scenario === undefined ? "" : ` ${nonce} [[scenario:${scenario}]]`;
  const messages = [{ role: "user", content: `What is 7 + 5?${mark}` }];
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${shown}`, "Content-Type": "application/json" },
      body: body ?? JSON.stringify({ model: modelFor(name), messages, stream }),
      signal: leaving.signal,
    });
    const text = await answer.text();
    const ending = !stream ? "" : text.includes("[DONE]") ? " whole" : " with an error";
    count(`${name}: ${answer.status}${answer.status === 200 ? ending : ""}`);
  } catch {
    count(`${name}: ${leaving.signal.aborted ? "left" : "no answer"}`);
  }
}

/** Leaves so long after the upstream has heard of the request: one that never set out is nobody's to record. */
async function leave(nonce: string, afterMs: number, leaving: AbortController): Promise<void> {
  const isThere = () =>
    simulator
      .requests()
      .slice(-500)
      .some(({ body }) => JSON.stringify(body).includes(nonce));
  while (!isThere()) await Bun.sleep(20);
  await Bun.sleep(afterMs);
  leaving.abort();
}

/** Streams whose clients leave behind the first word, in crowds of 25: what each of them held must be gone. */
async function leaveInCrowds(): Promise<string[]> {
  const leaveOne = async () => {
    const away = new AbortController();
    const messages = [{ role: "user", content: "[[scenario:long:400]]" }];
    const answer = await fetch(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: JSON.stringify({ model: "glm-4.7", messages, stream: true }),
      signal: away.signal,
    });
    const reader = answer.body!.getReader();
    await reader.read();
    away.abort();
    await reader.read().catch(() => {});
  };
  const seen: number[] = [];
  for (let left = 0; left < leavers; left += 25) {
    const crowd = Math.min(25, leavers - left);
    sent += crowd;
    await Promise.all(Array.from({ length: crowd }, leaveOne));
    seen.push(memoryMb());
  }
  if (seen.length === 0) return [];
  const problems = await findLeftovers();
  const before = median(seen.slice(0, Math.ceil(seen.length / 5)));
  const after = median(seen.slice(-Math.ceil(seen.length / 5)));
  console.log(
    `soak: ${leavers} streams were left; ${before} MB over the first fifth of them, ${after} MB over the last`,
  );
  if (after > before * 1.2) problems.push(`streams that were left made memory grow from ${before} to ${after} MB`);
  return problems;
}

/** What breaks gets models of its own, so that its rests do not stop what is well. */
function modelFor(name: string): string {
  const isWell = /^(whole|stream|long stream|slow drip|leaves)/.test(name);
  return isWell ? "glm-4.7" : ["glm-4.6", "glm-4.5", "glm-4.5-air", "glm-5"][name.length % 4]!;
}

function count(what: string): void {
  statuses.set(what, (statuses.get(what) ?? 0) + 1);
}

function sample(): void {
  memory.push({ second: Math.round((Date.now() - startedAt) / 1000), mb: memoryMb() });
}

/** 0 where the system does not show a process's memory as a file; the other checks hold there too. */
function memoryMb(): number {
  try {
    const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** What is still held although nobody asks any more. */
async function findLeftovers(): Promise<string[]> {
  const problems: string[] = [];
  const socket = join(dataDir, "zgate.sock");
  const deadline = Date.now() + 10_000;
  const inFlight = async () => {
    const { open } = (await ask(socket, "status")) as { open: number };
    const { data } = (await ask(socket, "upstreams.health")) as { data: { in_flight: number }[] };
    return open + data.reduce((sum, account) => sum + account.in_flight, 0);
  };
  let left = await inFlight();
  while (left > 0 && Date.now() < deadline) {
    await Bun.sleep(100);
    left = await inFlight();
  }
  if (left > 0) problems.push(`${left} requests are in flight and nobody waits for them`);
  while (simulator.open() > 0 && Date.now() < deadline) await Bun.sleep(100);
  if (simulator.open() > 0) problems.push(`the upstream still answers ${simulator.open()} requests`);
  return problems;
}

async function findProblems(): Promise<string[]> {
  if (server.exitCode !== null) return [`the server ended by itself with ${server.exitCode}`];
  const problems = await findLeftovers();
  for (const bad of ["no answer"]) {
    const lost = [...statuses].filter(([what]) => what.endsWith(bad)).reduce((sum, [, times]) => sum + times, 0);
    if (lost > 0) problems.push(`${lost} requests got no answer at all`);
  }
  // A short run compares with its first third: the runtime is still growing into its heap then.
  const from = Math.min(120, (minutes * 60) / 3);
  const to = Math.min(180, (minutes * 60) / 2);
  const before = median(memory.filter(({ second }) => second >= from && second <= to).map(({ mb }) => mb));
  const after = median(memory.slice(-8).map(({ mb }) => mb));
  console.log(`soak: ${before} MB between second ${Math.round(from)} and ${Math.round(to)}, ${after} MB at the end`);
  if (after > before * 1.2) problems.push(`memory grew from ${before} to ${after} MB`);
  return problems;
}

function rowsOnRecord(): { requests: number; running: number; byStatus: Record<string, number> } {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  const found = database
    .query("SELECT outcome, status, sum(requests) AS requests FROM requests GROUP BY outcome, status")
    .all() as { outcome: number; status: number | null; requests: number }[];
  database.close();
  const sum = (rows: typeof found) => rows.reduce((all, { requests }) => all + requests, 0);
  return {
    requests: sum(found),
    running: sum(found.filter(({ outcome }) => outcome === 0)),
    byStatus: Object.fromEntries(found.map(({ outcome, status, requests }) => [`${outcome}/${status}`, requests])),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

async function portOf(output: ReadableStream<Uint8Array>): Promise<number> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = output.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the server did not start: ${text}`);
    text += decoder.decode(value, { stream: true });
    const port = /http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/.exec(text)?.[1];
    if (port === undefined) continue;
    // Whatever it says from here on must not fill the pipe.
    void (async () => {
      while (!(await reader.read()).done);
    })();
    return Number(port);
  }
}
