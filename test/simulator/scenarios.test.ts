import { afterAll, afterEach, expect, test } from "bun:test";
import { scenarios } from "~/simulator/scenarios.ts";
import { startSimulator } from "~/simulator/simulator.ts";
import { closedPort } from "../helpers/ports.ts";
import { events, send } from "./client.ts";

const simulator = await startSimulator();
afterEach(() => simulator.reset());
afterAll(() => simulator.stop());

const timed = new Set(["slow", "late"]);
const quiet = new Set(["silence", "stall"]);

for (const name of Object.keys(scenarios).filter((name) => !quiet.has(name) && name !== "endless_line")) {
  test(`plays ${name} on every face, streaming or not`, async () => {
    for (const url of faces()) {
      for (const stream of [true, false]) {
        simulator.next(timed.has(name) ? `${name}:1` : name);
        const ended = await send(url, body(url, { stream }))
          .then((response) => response.text())
          .catch(() => "broken");
        expect(ended).toBeString();
      }
    }
    expect(simulator.open()).toBe(0);
    expect(simulator.violations().filter((text) => !text.startsWith("web: stream"))).toEqual([]);
  });
}

for (const name of ["silence", "stall", "stall:0"]) {
  test(`counts a client that leaves during ${name}`, async () => {
    const leaving = new AbortController();
    simulator.next(name);
    const call = send(`${simulator.zaiUrl}/chat/completions`, body("zai", { stream: true }), {
      signal: leaving.signal,
    });
    await until(() => simulator.open() === 1);
    leaving.abort();
    await call.then((response) => response.text()).catch(() => "gone");
    await until(() => simulator.open() === 0);
    expect(simulator.aborted()).toBe(1);
  });
}

for (const name of ["crlf", "nospace", "split_utf8", "drip", "garbage_line", "crlf+split_utf8", "slow:1"]) {
  test(`says the same words under ${name}`, async () => {
    simulator.next(name);
    const said = await events(await send(`${simulator.zaiUrl}/chat/completions`, body("zai", { stream: true })));
    const deltas = said.filter((text) => text.startsWith('{"id"')).map((text) => JSON.parse(text).choices[0].delta);
    expect(deltas.map((delta) => delta.content ?? "").join("")).toBe("Grüße 🌊, 你好");
  });
}

for (const how of ["reset", "close"]) {
  test(`sends what stands before a ${how}`, async () => {
    simulator.next(`${how}:3`);
    const response = await send(`${simulator.zaiUrl}/chat/completions`, body("zai", { stream: true }));
    let text = "";
    const reading = (async () => {
      for await (const bytes of response.body!) text += new TextDecoder().decode(bytes);
    })();
    expect(await reading.then(() => "whole").catch(() => "broken")).toBe("broken");
    expect(text.split("data: ").length).toBe(4);
  });
}

test("refuses so many times and then answers, when the question asks for it", async () => {
  const asked = () => send(`${simulator.zaiUrl}/chat/completions`, body("zai", {}, "hi [[scenario:fails_then_ok:2]]"));
  expect([(await asked()).status, (await asked()).status, (await asked()).status]).toEqual([500, 500, 200]);
});

test("refuses a bearer for as long as it is told to", async () => {
  simulator.refuse("dead.key", "e429_1113");
  const url = `${simulator.zaiUrl}/chat/completions`;
  expect((await send(url, body(url, {}), { bearer: "dead.key" })).status).toBe(429);
  expect((await send(url, body(url, {}), { bearer: "live.key" })).status).toBe(200);
});

test("limits what is in flight for a bearer and a model", async () => {
  simulator.limit(1);
  const url = `${simulator.zaiUrl}/chat/completions`;
  const leaving = new AbortController();
  simulator.next("stall");
  await send(url, body(url, { stream: true }), { signal: leaving.signal });
  const second = await send(url, body(url, {}));
  expect((await second.json()).error.code).toBe("1302");
  expect((await send(url, { ...body(url, {}), model: "glm-4.6" })).status).toBe(200);
  leaving.abort();
  await until(() => simulator.open() === 0);
  expect((await send(url, body(url, {}))).status).toBe(200);
  simulator.limit(null);
});

test("replays recorded bytes, cut where a test wants it", async () => {
  const recorded = 'data: {"é":"🌊"}\n\ndata: [DONE]\n\n';
  for (let cutAt = 0; cutAt <= Buffer.byteLength(recorded); cutAt++) {
    simulator.replay(recorded, { cutAt });
    const response = await send(`${simulator.openaiUrl}/chat/completions`, body("plain", { stream: true }));
    expect(await response.text()).toBe(recorded);
  }
});

test("waits for a client that does not read", async () => {
  const response = await send(
    `${simulator.openaiUrl}/chat/completions`,
    body("plain", { stream: true }, "[[scenario:big_piece:30000]]"),
  );
  await Bun.sleep(100);
  expect(simulator.open()).toBe(1);
  expect((await response.text()).length).toBeGreaterThan(30_000_000);
  expect(simulator.open()).toBe(0);
});

test("knows a port at which nobody listens", () => {
  expect(fetch(`http://127.0.0.1:${closedPort()}/`)).rejects.toThrow();
});

function faces(): string[] {
  return [`${simulator.zaiUrl}/chat/completions`, simulator.webUrl, `${simulator.openaiUrl}/chat/completions`];
}

function body(url: string, more: object, question = "Repeat after me: Grüße 🌊, 你好") {
  const model = url === simulator.webUrl ? "0727-360B-API" : "glm-4.7";
  return { chat_id: "c-1", id: "m-1", model, messages: [{ role: "user", content: question }], ...more };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(2);
}
