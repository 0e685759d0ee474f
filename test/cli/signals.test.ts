import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { outcomes } from "~/record/record.ts";
import { startSimulator } from "~/simulator/simulator.ts";
import { type Served, scratch, serve } from "./process.ts";

// Processes start here, on a machine that may be busy.
setDefaultTimeout(60_000);

test("SIGTERM lets a stream that is open run to its end, lets nobody else in, and exits 0", async () => {
  using folder = scratch();
  const simulator = await startSimulator({ paceMs: 10 });
  using served = await serve(folder.path, simulator.zaiUrl);
  const stream = await open(served, "[[scenario:long:100]]");
  served.child.kill("SIGTERM");
  const said = await stream.rest();
  expect(said).toEndWith("data: [DONE]\n\n");
  expect(said).toContain("word99");
  expect(await served.child.exited).toBe(0);
  expect(outcomesIn(folder.path)).toEqual(["completed"]);
  await expect(fetch(`${served.url}/health`)).rejects.toThrow();
  simulator.stop();
});

test("a stream that is still open at the deadline ends with an error event, and is on record", async () => {
  using folder = scratch();
  const simulator = await startSimulator();
  using served = await serve(folder.path, simulator.zaiUrl, { SHUTDOWN_TIMEOUT: "0.2" });
  const stream = await open(served, "[[scenario:stall:3]]");
  served.child.kill("SIGTERM");
  const said = await stream.rest();
  expect(said).toContain('"code":"shutting_down"');
  expect(said).not.toContain("[DONE]");
  expect(await served.child.exited).toBe(0);
  expect(outcomesIn(folder.path)).toEqual(["failed"]);
  simulator.stop();
});

test("a second signal does not wait for the deadline", async () => {
  using folder = scratch();
  const simulator = await startSimulator();
  using served = await serve(folder.path, simulator.zaiUrl, { SHUTDOWN_TIMEOUT: "3600" });
  const stream = await open(served, "[[scenario:stall:3]]");
  served.child.kill("SIGTERM");
  await Bun.sleep(100);
  expect(served.child.exitCode).toBeNull();
  served.child.kill("SIGTERM");
  expect(await stream.rest()).toContain('"code":"shutting_down"');
  expect(await served.child.exited).toBe(0);
  simulator.stop();
});

test("a restart gives the folder and the port back, and the next process has all rows", async () => {
  using folder = scratch();
  const simulator = await startSimulator();
  const first = await serve(folder.path, simulator.zaiUrl);
  await (await open(first, "What is 7 + 5?")).rest();
  const { port } = new URL(first.url);
  first.child.kill("SIGTERM");
  expect(await first.child.exited).toBe(0);
  using second = await serve(folder.path, simulator.zaiUrl, { PORT: port, DEFAULT_KEY: first.key });
  await (await open(second, "What is 7 + 5?")).rest();
  second.child.kill("SIGINT");
  expect(await second.child.exited).toBe(0);
  expect(outcomesIn(folder.path)).toEqual(["completed", "completed"]);
  simulator.stop();
});

test("a second process on the same folder says who holds it, and exits 1", async () => {
  using folder = scratch();
  const simulator = await startSimulator();
  using served = await serve(folder.path, simulator.zaiUrl);
  const second = serve(folder.path, simulator.zaiUrl);
  await expect(second).rejects.toThrow(`is in use by process ${served.child.pid}`);
  simulator.stop();
});

test("a port in use is one sentence", async () => {
  using folder = scratch();
  const holder = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const start = serve(folder.path, "http://127.0.0.1:9/api/paas/v4", { PORT: `${holder.port}` });
  await expect(start).rejects.toThrow(`zgate: Port ${holder.port} is in use by another program.`);
  holder.stop(true);
});

/** Asks for a stream and reads its first event. */
async function open({ url, key }: Served, question: string): Promise<{ rest(): Promise<string> }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ model: "glm-4.7", stream: true, messages: [{ role: "user", content: question }] }),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? "";
  return {
    async rest() {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return text;
        text += value;
      }
    },
  };
}

function outcomesIn(dataDir: string): string[] {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  const numbers = database.query("SELECT outcome FROM requests ORDER BY id").values().flat();
  database.close();
  const names = Object.entries(outcomes);
  return numbers.map((number) => names.find(([, one]) => one === number)?.[0] ?? `${number}`);
}
