import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outcomes } from "~/record/record.ts";
import { idOfRequestId } from "~/record/request-id.ts";
import { type Simulator, startSimulator } from "~/simulator/simulator.ts";
import { fakeKey, world } from "../helpers/world.ts";

let simulator: Simulator;
let folder: string;
const key = fakeKey("durable");
beforeAll(async () => {
  simulator = await startSimulator();
  folder = mkdtempSync(join(tmpdir(), "zgate-durable-"));
});
afterAll(() => {
  simulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("killed in the middle of load: who saw the end of an answer finds it completed, and nothing still runs", async () => {
  const dataDir = join(folder, "killed");
  const seenWhole = new Set<number>();
  let isKilled = false;

  for (let round = 0; round < 3; round++) {
    isKilled = false;
    const zgate = await start(dataDir);
    const clients = Array.from({ length: 24 }, async (_, i) => {
      while (!isKilled) {
        const answer = await ask(zgate.url, i % 2 === 0).catch(() => null);
        if (answer === null) continue;
        if (answer.isWhole) seenWhole.add(idOfRequestId(answer.id)!);
      }
    });
    const enough = seenWhole.size + 300;
    while (seenWhole.size < enough) await Bun.sleep(5);
    process.kill(zgate.pid, "SIGKILL");
    isKilled = true;
    await Promise.all(clients);
    await zgate.exited;

    const completed = new Set(idsOf(dataDir, "completed"));
    expect([...seenWhole].filter((id) => !completed.has(id))).toEqual([]);
  }

  const last = await start(dataDir);
  expect(idsOf(dataDir, "running")).toEqual([]);
  process.kill(last.pid, "SIGTERM");
  expect(await last.exited).toBe(0);
  expect(seenWhole.size).toBeGreaterThanOrEqual(900);
}, 60_000);

const strace = Bun.which("strace");

test.skipIf(strace === null)(
  "a sync of the log lies between the upstream's last byte and the client's",
  async () => {
    const trace = join(folder, "trace.txt");
    const calls = "fsync,fdatasync,recvfrom,read,readv,recvmsg,sendto,send,write,writev,sendmsg";
    const zgate = await start(join(folder, "traced"), [
      strace!,
      "-f",
      "-s",
      "4096",
      "-e",
      `trace=${calls}`,
      "-o",
      trace,
    ]);
    await ask(zgate.url, true);
    for (const streams of [true, false]) expect((await ask(zgate.url, streams))?.isWhole).toBe(true);
    process.kill(zgate.pid, "SIGTERM");
    await zgate.exited;

    const lines = (await Bun.file(trace).text()).split("\n");
    const told = [
      // The end mark of a stream, and the body of a whole answer: in from the upstream, out to the client.
      between(lines, /recv.*data: \[DONE\]/, /send.*data: \[DONE\]/),
      between(lines, /recv.*chat\.completion\\"/, /send.*chat\.completion\\"/),
    ];
    for (const stretch of told) {
      expect(stretch).not.toBeNull();
      expect(stretch!.some((line) => /\b(fsync|fdatasync)\(/.test(line))).toBe(true);
    }
  },
  60_000,
);

/** The lines between the last `from` and the first `to` behind it; null where there is no such pair. */
function between(lines: string[], from: RegExp, to: RegExp): string[] | null {
  const start = lines.findLastIndex((line) => from.test(line));
  const length = lines.slice(start + 1).findIndex((line) => to.test(line));
  return start < 0 || length < 0 ? null : lines.slice(start + 1, start + 1 + length);
}

/** From source, or as the binary that `ZGATE_BINARY` names. */
const program = process.env.ZGATE_BINARY ? [process.env.ZGATE_BINARY] : [process.execPath, "src/main.ts"];

interface Running {
  url: string;
  /** The server's own, also where another program runs it. */
  pid: number;
  exited: Promise<number>;
}

async function start(dataDir: string, through: string[] = []): Promise<Running> {
  const child = Bun.spawn([...through, ...program, "serve"], {
    env: {
      ...process.env,
      PORT: "0",
      DATA_DIR: dataDir,
      DEFAULT_KEY: key,
      UPSTREAM_URL: simulator.zaiUrl,
      ZAI_TOKEN: `fake.${crypto.randomUUID()}`,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let said = "";
  const decoder = new TextDecoder();
  const reader = child.stdout.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`It ended before it listened: ${said}`);
    said += decoder.decode(value, { stream: true });
    const url = /http:\/\/127\.0\.0\.1:\d+(?=\/v1)/.exec(said)?.[0];
    if (url === undefined) continue;
    drain(reader);
    return { url, pid: through.length > 0 ? childOf(child.pid) : child.pid, exited: child.exited };
  }
}

async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

function childOf(pid: number): number {
  return Number(
    Bun.spawnSync(["pgrep", "-P", `${pid}`])
      .stdout.toString()
      .trim(),
  );
}

/** One request as a client sees it: its id, and whether its last byte came. Rejects when the connection fails before. */
async function ask(url: string, stream: boolean): Promise<{ id: string; isWhole: boolean } | null> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: "glm-4.7", stream, messages: [{ role: "user", content: world.questions.sum }] }),
  });
  const id = answer.headers.get("x-request-id");
  if (id === null) return null;
  const text = await answer.text().catch(() => "");
  return { id, isWhole: stream ? text.endsWith("data: [DONE]\n\n") : text.endsWith("}") };
}

function idsOf(dataDir: string, outcome: keyof typeof outcomes): number[] {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  const rows = database.query("SELECT id FROM requests WHERE outcome = ?").values(outcomes[outcome]);
  database.close();
  return rows.map(([id]) => Number(id));
}
