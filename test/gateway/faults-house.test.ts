import { Database } from "bun:sqlite";
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "~/db/socket.ts";
import { startSimulator } from "~/simulator/simulator.ts";
import { type App, startApp } from "../helpers/app.ts";
import { until } from "../helpers/upstreams.ts";
import { fakeKey, world } from "../helpers/world.ts";

setDefaultTimeout(60_000);

let app: App | null = null;
afterEach(async () => {
  await app?.stop();
  app = null;
});

test("another program locks the database: streams flow, and their ends wait for it to let go", async () => {
  app = await startApp({ simulator: { paceMs: 5 } });
  const other = new Database(join(app.dataDir, "zgate.db"));
  other.run("BEGIN IMMEDIATE");
  const answer = await app.ask(world.questions.poem, { stream: true });
  expect(answer.status).toBe(200);
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  // The last words of the model come; the frame that says it is over does not.
  while (!text.includes('"finish_reason":"stop"')) {
    const { value, done } = await reader.read();
    expect(done).toBe(false);
    text += decoder.decode(value, { stream: true });
  }
  expect(text).not.toContain("[DONE]");
  await Bun.sleep(200);
  other.run("COMMIT");
  other.close();
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += decoder.decode(next.value);
  expect(text).toEndWith("data: [DONE]\n\n");
  expect((await app.settled(1))[0]).toMatchObject({ outcome: "completed", requests: 1 });
});

test("heads that never end hold nobody up", async () => {
  app = await startApp();
  const { port } = new URL(app.url);
  const slow: Socket[] = [];
  for (let one = 0; one < 50; one++) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /v1/chat/completions HTTP/1.1\r\nHost: zgate\r\nX-Slow: ");
    slow.push(socket);
  }
  const answers = await Promise.all(Array.from({ length: 10 }, () => app!.ask(world.questions.sum)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  await Promise.all(answers.map((answer) => answer.text()));
  for (const socket of slow) socket.destroy();
  expect((await app.settled(10)).length).toBe(10);
});

test("a client that reads nothing does not keep the upstream's only place from the others", async () => {
  app = await startApp({ env: { UPSTREAM_IN_FLIGHT: "1", STREAM_TIMEOUT: "2" } });
  const { port } = new URL(app.url);
  const body = JSON.stringify({
    model: world.models.usual,
    stream: true,
    messages: [{ role: "user", content: "[[scenario:long:600000]]" }],
  });
  const stuck = connect(Number(port), "127.0.0.1");
  stuck.on("error", () => {});
  stuck.pause();
  stuck.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: zgate\r\nAuthorization: Bearer ${app.key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await until(() => app!.simulator.requests().length === 1);
  const answer = await app.ask(world.questions.sum);
  expect(answer.status).toBe(200);
  await answer.text();
  // On record although its connection still stands.
  const [first, second] = await app.settled(2);
  stuck.destroy();
  expect([first!.outcome, second!.outcome]).toEqual(["aborted", "completed"]);
});

/** A zgate in a process of its own, whose memory can be looked at. */
async function startProcess(more: Record<string, string> = {}) {
  const simulator = await startSimulator({ paceMs: 2 });
  const dataDir = mkdtempSync(join(tmpdir(), "zgate-test-"));
  const key = fakeKey("client");
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../../src/main.ts"), "serve"], {
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      DATA_DIR: dataDir,
      DEFAULT_KEY: key,
      UPSTREAM_URL: simulator.zaiUrl,
      ZAI_TOKEN: `test.${crypto.randomUUID()}`,
      LOG_LEVEL: "error",
      BREAKER_FAILURES: "0",
      RETRY_BUDGET: "0",
      ...more,
    },
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  let banner = "";
  let url: string | undefined;
  while (url === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it did not start: ${banner}`);
    banner += Buffer.from(value).toString();
    const port = /http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/.exec(banner)?.[1];
    if (port !== undefined) url = `http://127.0.0.1:${port}/v1/chat/completions`;
  }
  const body = (scenario: string) => ({
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      model: world.models.usual,
      stream: true,
      messages: [{ role: "user", content: `${world.questions.poem} [[scenario:${scenario}]]` }],
    }),
  });
  return {
    url,
    body,
    simulator,
    /** Nobody reads its output any more. */
    hangUp: () => reader.cancel(),
    status: () => ask(join(dataDir, "zgate.sock"), "status") as Promise<{ open: number }>,
    memoryMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]) / 1024,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      simulator.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

test("a thousand streams whose clients leave: nothing stays in flight, and memory stays where it was", async () => {
  const zgate = await startProcess();
  const leave = async (count: number) => {
    for (let done = 0; done < count; done += 25) {
      await Promise.all(
        Array.from({ length: 25 }, async () => {
          const leaving = new AbortController();
          const answer = await fetch(zgate.url, { ...zgate.body("long:400"), signal: leaving.signal });
          const reader = answer.body!.getReader();
          await reader.read();
          leaving.abort();
          await reader.read().catch(() => {});
        }),
      );
    }
    await until(async () => (await zgate.status()).open === 0);
  };
  await leave(300);
  const before = zgate.memoryMb();
  await leave(1_000);
  await until(() => zgate.simulator.open() === 0);
  expect(zgate.memoryMb() - before).toBeLessThan(60);
  await zgate.stop();
});

test("a log that nobody reads any more does not stop the service", async () => {
  const zgate = await startProcess({ LOG_LEVEL: "debug", LOG_FORMAT: "json" });
  await zgate.hangUp();
  for (let time = 0; time < 5; time++) {
    const answer = await fetch(zgate.url, zgate.body(time % 2 === 0 ? "http500" : "text"));
    expect(answer.status).toBeOneOf([200, 502]);
    await answer.text();
  }
  await zgate.stop();
});
