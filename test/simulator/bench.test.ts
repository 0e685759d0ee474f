import { afterAll, expect, test } from "bun:test";
import { startBench } from "~/simulator/bench.ts";
import { events, send } from "./client.ts";

const paths = ["/api/paas/v4/chat/completions", "/api/chat/completions", "/v1/chat/completions"];
const servers = [0, 2].map((paceMs) => startBench({ port: 0, hostname: "127.0.0.1", chunks: 30, paceMs }));
afterAll(() => {
  for (const server of servers) server.stop();
});

test("prepared streams have as many events with words as were ordered, paced or not", async () => {
  for (const { port } of servers) {
    for (const path of paths) {
      const said = await events(await send(`http://127.0.0.1:${port}${path}`, { stream: true }));
      expect(said.filter((text) => text.includes(" word"))).toHaveLength(30);
      expect(said.at(-1)).toContain("[DONE]");
    }
  }
});

test("a hundred paced streams run side by side, each whole", async () => {
  const url = `http://127.0.0.1:${servers[1]!.port}${paths[0]}`;
  const all = await Promise.all(Array.from({ length: 100 }, async () => events(await send(url, { stream: true }))));
  expect(new Set(all.map((said) => said.length))).toEqual(new Set([32]));
});

test("prepared whole answers are JSON with usage", async () => {
  const answer = await (await send(`http://127.0.0.1:${servers[0]!.port}${paths[0]}`, { stream: false })).json();
  expect(answer.usage.total_tokens).toBeGreaterThan(0);
});
