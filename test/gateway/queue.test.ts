import { afterEach, expect, test } from "bun:test";
import type { Route } from "~/gateway/account.ts";
import { awake, newSlot } from "~/gateway/account.ts";
import { createDoor } from "~/gateway/admit.ts";
import { createPlaces } from "~/gateway/places.ts";
import { type App, startApp } from "../helpers/app.ts";
import { holdClock } from "../helpers/clock.ts";
import { addUpstream, command, officialToken, until } from "../helpers/upstreams.ts";
import { fakeKey, world } from "../helpers/world.ts";

let app: App | null = null;
afterEach(async () => {
  await app?.stop();
  app = null;
});

const chats = ({ simulator }: App) => simulator.requests().filter(({ kind }) => kind === "chat");
const stays = new AbortController().signal;

/** Routes to one account and model that allows so many requests in flight. */
function routesTo(limit: number): Route[] {
  const left = { breaker: null, rest: awake };
  const slot = newSlot("glm-4.7", { "*": limit }, 0, left, () => {});
  const account = { priority: 1, weight: 1, state: { rest: awake } } as Route["account"];
  return [{ account, slot, model: { id: "glm-4.7", name: "glm-4.7" }, thinking: null, rank: 0 }];
}

test("a key with many requests does not push ahead of a key with one", async () => {
  const places = createPlaces({ queue: 100, queueMs: 10_000 }, holdClock());
  const routes = routesTo(1);
  const [{ slot }] = routes as [Route];
  const served: string[] = [];
  const wait = async (keyId: number, name: string) => {
    await places.take(routes, keyId, stays);
    served.push(name);
  };
  await places.take(routes, 1, stays);
  const waiting = [wait(1, "a1"), wait(1, "a2"), wait(1, "a3"), wait(2, "b1"), wait(3, "c1"), wait(2, "b2")];
  for (let turn = 0; turn < waiting.length; turn++) {
    places.leave(slot);
    await Bun.sleep(0);
  }
  await Promise.all(waiting);
  expect(served).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  expect([slot.inFlight, places.waiting]).toEqual([1, 0]);
});

test("a key that fills the line does not shut the others out of it: its own last request gives way", async () => {
  const places = createPlaces({ queue: 4, queueMs: 10_000 }, holdClock());
  const routes = routesTo(1);
  const [{ slot }] = routes as [Route];
  const heard: string[] = [];
  const wait = (keyId: number, name: string) =>
    Promise.resolve(places.take(routes, keyId, stays)).then(
      () => heard.push(name),
      (error) => heard.push(`${name} ${error.kind}`),
    );
  await places.take(routes, 1, stays);
  const waiting = ["a1", "a2", "a3", "a4", "a5"].map((name) => wait(1, name));
  waiting.push(wait(2, "b1"), wait(2, "b2"), wait(2, "b3"));
  for (let turn = 0; turn < 4; turn++) {
    await Bun.sleep(0);
    places.leave(slot);
  }
  await Promise.all(waiting);
  const refused = ["a3", "a4", "a5", "b3"].map((name) => `${name} too_many_requests`);
  expect(heard.slice(0, 4).toSorted()).toEqual(refused);
  expect(heard.slice(4)).toEqual(["a1", "b1", "a2", "b2"]);
  expect(places.waiting).toBe(0);
});

test("before the house itself the keys come in turn as well", async () => {
  const door = createDoor({ places: 1, queue: 10, queueMs: 10_000 }, holdClock());
  const entered: string[] = [];
  const visit = async (keyId: number, name: string) => {
    const place = await door.enter(keyId, stays);
    entered.push(name);
    await Bun.sleep(0);
    place.leave();
    place.leave();
  };
  await Promise.all([visit(1, "a1"), visit(1, "a2"), visit(1, "a3"), visit(2, "b1"), visit(2, "b2")]);
  expect(entered).toEqual(["a1", "a2", "b1", "a3", "b2"]);
  expect([door.inFlight, door.waiting]).toEqual([0, 0]);
});

test("whoever leaves the line, or waits too long, takes no place", async () => {
  const places = createPlaces({ queue: 2, queueMs: 30 }, holdClock());
  const routes = routesTo(1);
  const [{ slot }] = routes as [Route];
  await places.take(routes, 1, stays);
  const leaving = new AbortController();
  const left = places.take(routes, 1, leaving.signal);
  const late = places.take(routes, 2, stays);
  await expect(places.take(routes, 3, stays)).rejects.toMatchObject({ kind: "too_many_requests", status: 429 });
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await expect(late).rejects.toMatchObject({ kind: "too_many_requests", retryAfterMs: 5_000 });
  places.leave(slot);
  expect([slot.inFlight, places.waiting]).toEqual([0, 0]);
});

test("more requests than Z.ai allows: none is refused, and each client hears how long it stood in line", async () => {
  app = await startApp({
    env: { UPSTREAM_IN_FLIGHT: "glm-4.7=2,*=9" },
    simulator: { concurrency: 2, paceMs: 10 },
  });
  const answers = await Promise.all(Array.from({ length: 8 }, () => app!.ask(world.questions.sum, { stream: true })));
  const queued = await Promise.all(
    answers.map(async (answer) => {
      expect(await answer.text()).toContain("[DONE]");
      return Number(answer.headers.get("x-zgate-queue-ms"));
    }),
  );
  expect(queued.filter((ms) => ms === 0).length).toBe(2);
  expect(queued.filter((ms) => ms > 0).length).toBe(6);
  const rows = await app.settled(8);
  expect(rows.map(({ outcome, attempts }) => [outcome, attempts])).toEqual(rows.map(() => ["completed", 1]));
  expect(rows.filter((row) => (row.queued_ms as number) > 0).length).toBe(6);
  await until(() => app!.simulator.open() === 0);
});

test("without a limit the same requests run into Z.ai's wall", async () => {
  app = await startApp({ simulator: { concurrency: 2, paceMs: 10 } });
  const answers = await Promise.all(Array.from({ length: 8 }, () => app!.ask(world.questions.sum, { stream: true })));
  expect(answers.map(({ status }) => status)).toContain(429);
  await Promise.all(answers.map((answer) => answer.text()));
});

test("a client that leaves the line is on record as gone, and the upstream never hears of it", async () => {
  app = await startApp({ env: { UPSTREAM_IN_FLIGHT: "1" } });
  app.simulator.next("stall:3");
  const first = new AbortController();
  const running = app.ask(world.questions.poem, { stream: true }, { signal: first.signal }).then((one) => one.text());
  await until(() => chats(app!).length === 1);
  const leaving = new AbortController();
  const waiting = app.ask(world.questions.sum, {}, { signal: leaving.signal }).catch(() => null);
  await until(async () => (await command<{ queued: number }>(app!, "upstreams.health")).queued === 1);
  leaving.abort();
  await waiting;
  await until(() => app!.rows().some(({ outcome }) => outcome === "aborted"));
  expect(chats(app).length).toBe(1);
  first.abort();
  await running.catch(() => null);
  const rows = await app.settled(2);
  expect(rows.map(({ outcome }) => outcome)).toEqual(["aborted", "aborted"]);
  expect(rows[1]!.attempts).toBe(0);
  expect(await (await app.ask(world.questions.sum)).json()).toMatchObject({ object: "chat.completion" });
});

test("the line is bounded in time: a 429 that says when to come back, and a row that says rejected", async () => {
  app = await startApp({ env: { UPSTREAM_IN_FLIGHT: "1", QUEUE_TIMEOUT: "0.1" } });
  app.simulator.next("stall:3");
  const leaving = new AbortController();
  const running = app.ask(world.questions.poem, { stream: true }, { signal: leaving.signal }).then((one) => one.text());
  await until(() => chats(app!).length === 1);
  const refused = await app.ask(world.questions.sum);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
  expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining("glm-4.7") } });
  leaving.abort();
  await running.catch(() => null);
  expect((await app.settled(2))[1]).toMatchObject({ outcome: "rejected", error_kind: "too_many_requests" });
});

test("an agent that floods the line: somebody else's single question is answered in its turn, at once", async () => {
  app = await startApp({
    env: { UPSTREAM_IN_FLIGHT: "1", MAX_QUEUED_REQUESTS: "8" },
    simulator: { concurrency: 1, paceMs: 5 },
  });
  const other = fakeKey("other");
  await command(app, "keys.create", { body: { name: "other", secret: other } });
  const flood = Array.from({ length: 20 }, (_, index) => app!.ask(`flood ${index}`, { stream: true }));
  await until(async () => (await command<{ queued: number }>(app!, "upstreams.health")).queued === 8);
  const before = chats(app).length;
  const answer = await app.ask("one", { stream: true }, { headers: { Authorization: `Bearer ${other}` } });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toEndWith("data: [DONE]\n\n");
  expect(chats(app).length - before).toBeLessThanOrEqual(4);
  const statuses = await Promise.all(
    flood.map(async (asked) => (await asked).text().then(async () => (await asked).status)),
  );
  // One is answered at once, eight stand in line, and the last of these gave way.
  expect(statuses.filter((status) => status === 200).length).toBe(8);
  expect(statuses.filter((status) => status === 429).length).toBe(12);
  const rows = await app.settled(21);
  expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(21);
});

test("a limit that is raised lets those in who wait", async () => {
  app = await startApp({ env: { UPSTREAM_URL: "", ZAI_TOKEN: "" } });
  await addUpstream(app, { name: "main", token: officialToken(), in_flight: 1 });
  app.simulator.next("stall:3");
  const leaving = new AbortController();
  const running = app.ask(world.questions.poem, { stream: true }, { signal: leaving.signal }).then((one) => one.text());
  await until(() => chats(app!).length === 1);
  const waiting = app.ask(world.questions.sum);
  await until(async () => (await command<{ queued: number }>(app!, "upstreams.health")).queued === 1);
  await command(app, "credentials.edit", { credential: "main", body: { in_flight: 2 } });
  expect((await waiting).status).toBe(200);
  leaving.abort();
  await running.catch(() => null);
});

test("two keys before one place: their requests alternate at the upstream", async () => {
  app = await startApp({ env: { UPSTREAM_IN_FLIGHT: "1" }, simulator: { paceMs: 5 } });
  const other = fakeKey("other");
  await command(app, "keys.create", { body: { name: "other", secret: other } });
  const ask = (key: string, name: string) =>
    app!.ask(name, { stream: true }, { headers: { Authorization: `Bearer ${key}` } }).then((answer) => answer.text());
  const first = ask(app.key, "first");
  await until(() => chats(app!).length === 1);
  const many = ["m1", "m2", "m3"].map((name) => ask(app!.key, name));
  await until(async () => (await command<{ queued: number }>(app!, "upstreams.health")).queued === 3);
  const one = ask(other, "o1");
  await Promise.all([first, one, ...many]);
  const asked = chats(app).map(({ body }) => (body as { messages: { content: string }[] }).messages[0]!);
  expect(asked.map(({ content }) => content).indexOf("o1")).toBeLessThanOrEqual(2);
});
