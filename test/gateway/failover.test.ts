import { afterEach, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { closedPort } from "../helpers/ports.ts";
import { addUpstream, command, officialToken, tableOf } from "../helpers/upstreams.ts";
import { world } from "../helpers/world.ts";

let app: App;
afterEach(() => app.stop());

/** Guests are forbidden and the environment shows no token, so that only what a test adds is asked. */
const onlyStored = { UPSTREAM_URL: "", ZAI_TOKEN: "" };

async function credentialsOf(count: number): Promise<string[]> {
  return (await app.settled(count)).map((row) => `${row.upstream}/${row.credential}`);
}

async function askFor(times: number, more: object = {}): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) {
    const answer = await app.ask(world.questions.sum, more);
    await answer.text();
    statuses.push(answer.status);
  }
  return statuses;
}

test("a refused credential moves its request, and then all traffic, to the next one at once", async () => {
  app = await startApp({ env: onlyStored });
  const [bad, good] = [officialToken(), officialToken()];
  await addUpstream(app, { name: "main", token: bad, credential: "first" });
  await command(app, "credentials.add", { upstream: "main", body: { name: "second", token: good, priority: 20 } });
  app.simulator.refuse(bad, "e401_1002");
  expect(await askFor(3, { stream: true })).toEqual([200, 200, 200]);
  expect(await credentialsOf(3)).toEqual(["main/second", "main/second", "main/second"]);
  expect(app.rows().map(({ attempts }) => attempts)).toEqual([2, 1, 1]);
  const [first, second] = tableOf(app, "attempts");
  expect([first!.credential, first!.status, second!.credential, second!.status]).toEqual(["first", 401, "second", 200]);

  // A restart does not run into the same wall.
  await app.restart();
  expect(await askFor(1)).toEqual([200]);
  expect(app.rows().at(-1)!.attempts).toBe(1);
  await command(app, "credentials.rotate", {
    credential: "main/first",
    body: { token: officialToken(), overlap: "0" },
  });
  await askFor(1);
  expect((await credentialsOf(5)).at(-1)).toBe("main/first");
});

test("an account whose quota is used up rests until the hour that Z.ai names, and the next one answers", async () => {
  app = await startApp({ env: onlyStored });
  const [empty, full] = [officialToken(), officialToken()];
  await addUpstream(app, { name: "main", token: empty, credential: "first" });
  await command(app, "credentials.add", { upstream: "main", body: { name: "second", token: full, priority: 20 } });
  app.simulator.refuse(empty, "e429_1308");
  expect(await askFor(2)).toEqual([200, 200]);
  const health = await command<{ data: { credential: string; rests: { until: string; reason: string } | null }[] }>(
    app,
    "upstreams.health",
  );
  const first = health.data.find(({ credential }) => credential === "first")!;
  // The simulated reset is far away, in Beijing's time: 2099-01-02 18:30:53 there.
  expect(first.rests!.reason).toBe("insufficient_quota");
  expect(Date.parse(first.rests!.until)).toBeCloseTo(Date.UTC(2099, 0, 2, 10, 30, 53), -4);
  expect(tableOf(app, "breakers")).toMatchObject([{ account: "credential 1", model: "*" }]);

  // Where nobody else is left the resting one is asked all the same: its own words are the best answer.
  await command(app, "credentials.disable", { credential: "main/second" });
  expect(await askFor(1)).toEqual([429]);
});

test("an account that rests and answers all the same rests no more", async () => {
  app = await startApp();
  expect(await askFor(1, { messages: [{ role: "user", content: "Hello [[scenario:e429_1113]]" }] })).toEqual([429]);
  const health = () => command<{ state: string }>(app, "upstreams.health");
  expect((await health()).state).toBe("down");
  expect(await askFor(1)).toEqual([200]);
  expect((await health()).state).toBe("ok");
  expect(tableOf(app, "breakers")).toEqual([]);
});

test("while a credential is rotated, the old secret helps out where the new one is refused", async () => {
  app = await startApp({ env: onlyStored });
  const [old, wrong] = [officialToken(), officialToken()];
  await addUpstream(app, { name: "main", token: old });
  await command(app, "credentials.rotate", { credential: "main", body: { token: wrong, overlap: "1h" } });
  app.simulator.refuse(wrong, "e401_1002");
  expect(await askFor(2)).toEqual([200, 200]);
  expect(app.simulator.requests().map(({ headers }) => headers.authorization)).toEqual(
    [wrong, old, old].map((token) => `Bearer ${token}`),
  );
  await command(app, "credentials.end-overlap", { credential: "main" });
  expect(await askFor(1)).toEqual([502]);
});

test("an upstream that is not there is passed over for one that is, by priority", async () => {
  app = await startApp({ env: { ...onlyStored, RETRY_BUDGET: "10" } });
  await addUpstream(app, { name: "near", url: `http://127.0.0.1:${closedPort()}/v1`, priority: 1 });
  await addUpstream(app, { name: "far", url: app.simulator.openaiUrl, priority: 2 });
  const answer = await app.ask(world.questions.sum, { stream: true });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("[DONE]");
  expect((await app.settled(1))[0]).toMatchObject({ outcome: "completed", upstream: "far", attempts: 2 });
});

test("an error in the first frame of a 200 moves a stream to another account", async () => {
  app = await startApp({ env: { ...onlyStored, RETRY_BUDGET: "10" } });
  const [bad, good] = [officialToken(), officialToken()];
  await addUpstream(app, { name: "main", token: bad });
  await command(app, "credentials.add", { upstream: "main", body: { name: "second", token: good, priority: 20 } });
  app.simulator.refuse(bad, "inband_first:1305");
  const text = await (await app.ask(world.questions.sum, { stream: true })).text();
  expect(text).toContain("[DONE]");
  expect(text).not.toContain('"error"');
  expect(await credentialsOf(1)).toEqual(["main/second"]);
});

test("twice the weight, twice the load", async () => {
  app = await startApp({ env: onlyStored });
  await addUpstream(app, { name: "light", token: officialToken() });
  await addUpstream(app, { name: "heavy", token: officialToken(), weight: 3 });
  await askFor(8);
  const used = await credentialsOf(8);
  expect([
    used.filter((one) => one === "light/main").length,
    used.filter((one) => one === "heavy/main").length,
  ]).toEqual([2, 6]);
});

test("an upstream is asked for the models that it serves and no others", async () => {
  app = await startApp({ env: onlyStored });
  await addUpstream(app, { name: "big", token: officialToken(), models: ["glm-4.7", "glm-5*"] });
  await addUpstream(app, { name: "small", token: officialToken(), models: ["glm-4.5-air"] });
  for (const model of ["glm-4.7", "glm-4.5-air", "glm-5"]) await askFor(1, { model });
  expect(await credentialsOf(3)).toEqual(["big/main", "small/main", "big/main"]);
  const unknown = await app.ask(world.questions.sum, { model: "glm-4.6" });
  expect(unknown.status).toBe(404);
  await unknown.text();
});

test("a model that cannot answer is stood in for only where its owner said so, and the row says by which", async () => {
  app = await startApp({ env: { MODEL_FAILOVER: "glm-4.7>glm-4.5-air" } });
  app.simulator.always("e429_1311");
  const refused = await app.ask(world.questions.sum, { model: "glm-4.6" });
  expect(refused.status).toBe(403);
  await refused.text();
  app.simulator.reset();
  app.simulator.next("e429_1311");
  const answer = await app.ask(world.questions.sum, { model: "glm-4.7" });
  expect(await answer.json()).toMatchObject({ model: "glm-4.7" });
  expect(answer.headers.get("x-zgate-model")).toBe("glm-4.5-air");
  expect((await app.settled(2))[1]).toMatchObject({ model_asked: "glm-4.7", model_served: "glm-4.5-air", attempts: 2 });
  // The model rests for this account, so its stand-in is asked at once.
  await askFor(1, { model: "glm-4.7" });
  expect((await app.settled(3))[2]).toMatchObject({ model_served: "glm-4.5-air", attempts: 1 });
});

test("the environment's own upstream stands beside those that were added, unless nothing was said of it", async () => {
  app = await startApp();
  await addUpstream(app, { name: "second", token: officialToken() });
  await askFor(2);
  expect((await credentialsOf(2)).toSorted()).toEqual(["second/main", "zai/ZAI_TOKEN"]);
  await app.stop();
  app = await startApp({ env: onlyStored });
  await addUpstream(app, { name: "only", token: officialToken() });
  await askFor(2);
  expect(await credentialsOf(2)).toEqual(["only/main", "only/main"]);
});

test("no token and no guests: a sentence at the start, unless an upstream was added", async () => {
  const forbidden = { ...onlyStored, ANON_TOKEN_ENABLED: "false" };
  await expect(startApp({ env: forbidden })).rejects.toThrow("Set ZAI_TOKEN");
  app = await startApp({ env: onlyStored });
  await addUpstream(app, { name: "only", token: officialToken() });
  await app.restart(forbidden);
  expect(await askFor(1)).toEqual([200]);
});
