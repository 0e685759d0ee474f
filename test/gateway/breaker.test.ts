import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { type App, startApp } from "../helpers/app.ts";
import { command, tableOf, until } from "../helpers/upstreams.ts";
import { fakeKey, world } from "../helpers/world.ts";

let app: App;
afterEach(() => app.stop());

interface Health {
  state: string;
  data: {
    models: { model: string; state: string; in_flight: number; last_error: string | null; error_rate: number }[];
  }[];
}

async function statusOf(more: object = {}): Promise<number> {
  const answer = await app.ask(world.questions.sum, more);
  await answer.text();
  return answer.status;
}

const stateOf = async (model = world.models.usual) =>
  (await command<Health>(app, "upstreams.health")).data[0]!.models.find((one) => one.model === model)!;
const chats = () => app.simulator.requests().filter(({ kind }) => kind === "chat").length;

/** Lets the rest be over at the next start, as if so much time had passed. */
function endRests(): void {
  const database = new Database(join(app.dataDir, "zgate.db"));
  database.run("PRAGMA busy_timeout = 5000");
  database.run("UPDATE breakers SET until = since");
  database.close();
}

test("an upstream that keeps failing is left alone: 503 with Retry-After, no further call, other models unhurt", async () => {
  app = await startApp({ env: { BREAKER_FAILURES: "3" } });
  app.simulator.always("http500");
  for (let time = 0; time < 3; time++) expect(await statusOf()).toBe(502);
  expect(chats()).toBe(3);
  const refused = await app.ask(world.questions.sum);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(5);
  const { error } = (await refused.json()) as { error: { message: string; code: string } };
  expect(error).toMatchObject({ code: "upstream_overloaded", message: expect.stringContaining("failed too often") });
  expect(chats()).toBe(3);
  const row = (await app.settled(4))[3]!;
  expect(row).toMatchObject({
    outcome: "failed",
    attempts: 0,
    error_kind: "upstream_overloaded",
    error_text: "circuit_open",
  });
  app.simulator.reset();
  expect(await statusOf({ model: world.models.small })).toBe(200);

  expect(await stateOf()).toMatchObject({
    state: "open",
    in_flight: 0,
    error_rate: 1,
    last_error: "upstream_error 500",
  });
  const scraper = fakeKey("scraper");
  await command(app, "keys.create", { body: { name: "scraper", secret: scraper, rights: ["metrics"] } });
  const metrics = await fetch(`${app.url}/metrics`, { headers: { Authorization: `Bearer ${scraper}` } });
  const of = (model: string) => `{upstream="environment",credential="ZAI_TOKEN",model="${model}"}`;
  const lines = (await metrics.text()).split("\n");
  expect(lines).toContain(`zgate_upstream_circuit${of("glm-4.7")} 1`);
  expect(lines).toContain(`zgate_upstream_circuit${of("glm-4.5-air")} 0`);
  const ready = (await (await fetch(`${app.url}/ready`)).json()) as { status: string; upstreams: { state: string } };
  expect(ready).toMatchObject({ status: "ok", upstreams: { state: "degraded" } });
});

test("the rest survives a restart; then one request probes, and closes it or doubles it", async () => {
  app = await startApp({ env: { BREAKER_FAILURES: "2" } });
  app.simulator.always("http500");
  for (let time = 0; time < 2; time++) await statusOf();
  await until(() => tableOf(app, "breakers").length === 1);
  const [rest] = tableOf(app, "breakers");
  expect(rest).toMatchObject({ account: "environment", model: "glm-4.7", openings: 1, reason: "upstream_error 500" });
  await app.restart();
  expect(await statusOf()).toBe(503);
  expect(chats()).toBe(2);

  await app.zgate.close(0);
  endRests();
  await app.restart();
  expect(await statusOf()).toBe(502);
  expect(chats()).toBe(3);
  await until(() => tableOf(app, "breakers")[0]?.openings === 2);
  const [doubled] = tableOf(app, "breakers") as { since: number; until: number }[];
  expect(doubled!.until - doubled!.since).toBeGreaterThan(15_000);

  await app.zgate.close(0);
  endRests();
  await app.restart();
  app.simulator.reset();
  expect(await statusOf()).toBe(200);
  expect((await stateOf()).state).toBe("closed");
  await until(() => tableOf(app, "breakers").length === 0);
});

test("while a probe is on its way nobody else gets through", async () => {
  app = await startApp({ env: { BREAKER_FAILURES: "1" } });
  app.simulator.always("http500");
  await statusOf();
  await until(() => tableOf(app, "breakers").length === 1);
  await app.zgate.close(0);
  endRests();
  await app.restart();
  app.simulator.reset();
  app.simulator.next("late:200");
  const probe = statusOf({ stream: true });
  await until(() => chats() === 1);
  expect((await stateOf()).state).toBe("half-open");
  expect(await statusOf()).toBe(503);
  expect(await probe).toBe(200);
  expect(await statusOf()).toBe(200);
});

test("silences open it as well, and its owner can end a rest by hand", async () => {
  app = await startApp({ env: { BREAKER_FAILURES: "4", HEADERS_TIMEOUT: "0.1" } });
  app.simulator.always("silence");
  for (let time = 0; time < 2; time++) expect(await statusOf({ stream: true })).toBe(504);
  expect(await statusOf({ stream: true })).toBe(503);
  app.simulator.reset();
  expect(await command(app, "upstreams.wake", { upstream: "environment" })).toEqual({ woken: 1 });
  expect(await statusOf({ stream: true })).toBe(200);
});

test("what callers do wrong, and Z.ai's limits on what is in flight, rest nobody", async () => {
  app = await startApp({ env: { BREAKER_FAILURES: "2" } });
  for (const scenario of ["e400_1210", "e429_1302"]) {
    app.simulator.always(scenario);
    for (let time = 0; time < 4; time++) expect(await statusOf()).toBeLessThan(500);
  }
  app.simulator.reset();
  expect(await statusOf()).toBe(200);
});
