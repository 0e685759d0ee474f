import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { ask } from "~/db/socket.ts";
import type { ownKey } from "~/gateway/own-key.ts";
import type { IssuedView } from "~/keys/owner.ts";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

let app: App;
let adminKey: string;
beforeEach(async () => {
  app = await startApp();
  adminKey = (await command<IssuedView>("keys.create", { body: { name: "ops", rights: "admin" } })).token!;
});
afterEach(() => app.stop());

/** As the command line asks. */
async function command<T = unknown>(name: string, args: Record<string, unknown> = {}): Promise<T> {
  return (await ask(join(app.dataDir, "zgate.sock"), name, args)) as T;
}

/** As the admin API is asked. */
function api(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${adminKey}` };
  return fetch(`${app.url}/admin/api${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function make(body: Record<string, unknown>): Promise<string> {
  return (await command<IssuedView>("keys.create", { body })).token!;
}

const as = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const sum = (token: string, more: object = {}) => app.ask(world.questions.sum, more, as(token));
const mine = async (token: string) => (await fetch(`${app.base}/key`, as(token))).json() as Promise<OwnKey>;

type OwnKey = ReturnType<typeof ownKey>;

interface Failure {
  error: { message: string; type: string; code: string };
}

test("a rate is held over the wire, in OpenAI's words and headers, and the refusal is on record", async () => {
  const token = await make({ name: "pilot-agent", requests_per_minute: 2 });
  const first = await sum(token);
  expect(first.status).toBe(200);
  expect(first.headers.get("x-ratelimit-limit-requests")).toBe("2");
  expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("1");
  expect((await sum(token, { stream: true })).headers.get("x-ratelimit-remaining-requests")).toBe("0");
  const third = await sum(token);
  expect(third.status).toBe(429);
  expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
  const { error } = (await third.json()) as Failure;
  expect(error).toMatchObject({ type: "rate_limit_error", code: "rate_limit_exceeded" });
  expect(error.message).toContain("2 requests a minute");
  expect((await app.settled(3)).at(-1)).toMatchObject({ outcome: "rejected", status: 429, error_kind: "rate_limited" });
});

test("a place among a key's requests comes back however a request ends", async () => {
  const token = await make({ name: "pilot-agent", in_flight: 1 });
  const rounds: (() => Promise<unknown>)[] = [
    async () => (await sum(token)).text(),
    async () => (await sum(token, { stream: true })).text(),
    async () => {
      const left = new AbortController();
      const answer = await app.ask(world.questions.poem, { stream: true }, { ...as(token), signal: left.signal });
      const reader = answer.body!.getReader();
      await reader.read();
      left.abort();
      await reader.read().catch(() => {});
    },
    async () => {
      app.simulator.always("html");
      await (await sum(token)).text();
      await (await sum(token, { stream: true })).text();
      app.simulator.always("truncate_answer");
      await (await sum(token)).text();
      await (await sum(token, { stream: true })).text();
      app.simulator.reset();
    },
    async () => (await sum(token, { messages: "no list" })).text(),
    async () => (await sum(token, { model: "no-such-model" })).text(),
  ];
  for (const round of rounds) {
    await round();
    while ((await mine(token)).in_flight.now > 0) await Bun.sleep(5);
  }
  const [one, two] = await Promise.all([sum(token, { stream: true }), sum(token, { stream: true })]);
  expect([one.status, two.status].sort()).toEqual([200, 429]);
});

test("a crowd that leaves at any moment leaves no place taken", async () => {
  const token = await make({ name: "pilot-agent", in_flight: 1_000 });
  await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const signal = AbortSignal.timeout(at % 25);
      const answer = await app
        .ask(world.questions.poem, { stream: at % 4 !== 0 }, { ...as(token), signal })
        .catch(() => null);
      // Some never look at the body, some read on until they are torn away.
      if (at % 3 !== 0) await answer?.text().catch(() => {});
    }),
  );
  while ((await mine(token)).in_flight.now > 0) await Bun.sleep(10);
  for (const row of await app.settled(1)) expect(row.outcome).not.toBe("running");
});

test("a budget is counted from what the upstream says, and a restart gives nobody a fresh one", async () => {
  const token = await make({ name: "pilot-agent", tokens_per_month: 100_000, usd_per_month: 1 });
  await (await sum(token)).text();
  await (await sum(token, { stream: true })).text();
  const rows = await app.settled(2);
  const tokens = rows.reduce((all, row) => all + (row.tokens_in ?? 0) + (row.tokens_out ?? 0), 0);
  const before = (await mine(token)).budgets.month!;
  expect(tokens).toBeGreaterThan(0);
  expect(before.tokens).toEqual({ used: tokens, limit: 100_000, left: 100_000 - tokens });
  expect(before.usd.used).toBeGreaterThan(0);
  await app.restart();
  expect((await mine(token)).budgets.month!).toEqual(before);
  await command("keys.edit", { key: "pilot-agent", body: { tokens_per_month: tokens } });
  const refused = await sum(token);
  expect(refused.status).toBe(429);
  expect(refused.headers.get("x-ratelimit-remaining-tokens")).toBe("0");
  expect(((await refused.json()) as Failure).error).toMatchObject({
    type: "insufficient_quota",
    code: "insufficient_quota",
  });
  // The SDK would ask twice more, were it not told that this is of no use.
  const asked = app.rows().length;
  const client = new OpenAI({ baseURL: app.base, apiKey: token });
  const messages = [{ role: "user" as const, content: world.questions.sum }];
  const model = world.models.usual;
  const error = await client.chat.completions.create({ model, messages }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect((await app.settled(asked + 1)).length).toBe(asked + 1);
});

test("a restart in the middle of a minute and of an overlap changes neither", async () => {
  const old = await make({ name: "pilot-agent", requests_per_minute: 2 });
  await (await sum(old)).text();
  const { token } = await command<IssuedView>("keys.rotate", { key: "pilot-agent", body: { overlap: "1h" } });
  await app.settled(1);
  await app.restart();
  const second = await sum(old);
  expect(second.status).toBe(200);
  expect(Date.parse(second.headers.get("x-key-expires-at")!)).toBeGreaterThan(Date.now());
  const third = await sum(token!);
  expect(third.status).toBe(429);
  expect(third.headers.get("x-key-expires-at")).toBeNull();
});

test("keys that may not call models, or not this one, are refused with 403", async () => {
  expect((await sum(adminKey)).status).toBe(403);
  const token = await make({ name: "small", models: ["glm-4.5*"] });
  expect((await sum(token)).status).toBe(403);
  expect((await sum(token, { model: "glm-4.5-air" })).status).toBe(200);
  expect((await sum(token, { model: "GLM-4.5" })).status).toBe(200);
  expect((await fetch(`${app.url}/admin/api/keys`, as(token))).status).toBe(403);
  const { data } = (await (await fetch(`${app.base}/models`, as(token))).json()) as { data: { id: string }[] };
  expect(data.length).toBeGreaterThan(0);
  expect(data.filter(({ id }) => !/^glm-4\.5|^0727/i.test(id))).toEqual([]);
});

test("a pause stops inference with the owner's sentence, and rows go on", async () => {
  expect((await api("PUT", "/pause", { message: "Moving house until noon." })).status).toBe(200);
  const answer = await sum(app.key);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).not.toBeNull();
  expect(((await answer.json()) as Failure).error.message).toBe("Moving house until noon.");
  expect((await app.settled(1)).at(-1)).toMatchObject({ status: 503, error_kind: "paused" });
  await app.restart();
  expect(app.zgate.news.join("\n")).toContain("paused, and everybody is told: Moving house until noon.");
  await api("DELETE", "/pause");
  expect((await sum(app.key)).status).toBe(200);
});

test("a blocked address gets nothing, whatever it shows, until it is let in again", async () => {
  await app.restart({ TRUSTED_PROXIES: "loopback" });
  await command("gate.block", { body: { network: `${world.addresses.pilot}/32` } });
  const from = (address: string) =>
    app.ask(world.questions.sum, {}, { headers: { Authorization: `Bearer ${app.key}`, "X-Forwarded-For": address } });
  expect((await from(world.addresses.pilot)).status).toBe(403);
  expect((await from(world.addresses.laptop)).status).toBe(200);
  await command("gate.unblock", { network: world.addresses.pilot });
  expect((await from(world.addresses.pilot)).status).toBe(200);
});

test("an address may ask so often in a minute, also when keys are off", async () => {
  await app.restart({ ADDRESS_REQUESTS_PER_MINUTE: "3", API_KEY_ENABLED: "false" });
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await fetch(`${app.base}/models`)).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
});

test("who uses the old secret, from where and how often, is there to be seen", async () => {
  const old = await make({ name: "pilot-agent" });
  await command("keys.rotate", { key: "pilot-agent", body: { overlap: "24h" } });
  for (let i = 0; i < 3; i++) {
    await (
      await app.ask(world.questions.sum, {}, { headers: { ...as(old).headers, "User-Agent": world.userAgents.cherry } })
    ).text();
  }
  await app.settled(3);
  const { data } = (await (await api("GET", "/keys/pilot-agent/use")).json()) as { data: Record<string, unknown>[] };
  expect(data[0]).toMatchObject({
    state: "retiring",
    requests_last_hour: 3,
    clients: [{ user_agent: world.userAgents.cherry, address: "127.0.0.1", requests: 3 }],
  });
  expect(data[1]).toMatchObject({ state: "active", requests_last_hour: 0, last_used_at: null });
});

test("fifty clients that never stop do not notice a rotation", async () => {
  const old = await make({ name: "pilot-agent" });
  let current = old;
  let isOver = false;
  const statuses = new Map<number, number>();
  const clients = Array.from({ length: 50 }, async () => {
    while (!isOver) {
      const answer = await sum(current);
      await answer.text();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  });
  for (let round = 0; round < 3; round++) {
    await Bun.sleep(50);
    const { token } = await command<IssuedView>("keys.rotate", { key: "pilot-agent", body: { overlap: "1h" } });
    await Bun.sleep(50);
    current = token!;
    // Whoever still has the old one in his hand finishes first, as `keys use` would show.
    const before = statuses.get(200) ?? 0;
    while ((statuses.get(200) ?? 0) < before + 100) await Bun.sleep(5);
    await api("POST", "/keys/pilot-agent/end-overlap");
  }
  isOver = true;
  await Promise.all(clients);
  expect([...statuses.keys()]).toEqual([200]);
  expect((await sum(old)).status).toBe(401);
});

test("after the answer to a revocation no request gets in, under load, whichever way it came", async () => {
  const ways: ((name: string) => Promise<unknown>)[] = [
    (name) => command("keys.revoke", { key: name }),
    (name) => api("POST", `/keys/${name}/revoke`),
    (name) => revokeByProcess(name),
  ];
  for (const [at, revoke] of ways.entries()) {
    const name = `agent-${at}`;
    const token = await make({ name });
    let revokedAt = Number.POSITIVE_INFINITY;
    const late: number[] = [];
    const clients = Array.from({ length: 20 }, async () => {
      for (;;) {
        const sentAt = performance.now();
        const answer = await sum(token);
        await answer.text();
        if (sentAt > revokedAt) late.push(answer.status);
        if (sentAt > revokedAt) return;
      }
    });
    await Bun.sleep(50);
    await revoke(name);
    revokedAt = performance.now();
    await Promise.all(clients);
    expect(late).toEqual(Array(20).fill(401));
  }
});

test("no secret is in the database, the log, a page or an error", async () => {
  const old = await make({ name: "canary" });
  const { token } = await command<IssuedView>("keys.rotate", { key: "canary", body: { overlap: "1h" } });
  const imported = `canary-${crypto.randomUUID()}`;
  await make({ name: "imported", secret: imported });
  const canaries = [old, token!, imported, adminKey, app.key, app.password];
  const seen: string[] = [];
  for (const canary of canaries) {
    for (const shown of [canary, `${canary}x`]) {
      seen.push(await (await sum(shown)).text());
      seen.push(await (await fetch(`${app.url}/admin/api/keys`, as(shown))).text());
    }
  }
  for (const path of [
    "/",
    "/dashboard",
    "/swagger",
    "/admin/api/audit",
    "/admin/api/keys?all=true",
    "/admin/api/keys/canary/use",
  ]) {
    seen.push(await (await fetch(app.url + path, as(adminKey))).text());
  }
  await app.zgate.close(0);
  const bytes = readdirSync(app.dataDir)
    .filter((name) => name !== "secret.key")
    .map((name) => join(app.dataDir, name))
    // SQLite's own files come and go with the last connection.
    .map((path) => (existsSync(path) ? readFileSync(path, "latin1") : ""));
  const haystack = [...seen, ...bytes, ...app.log].join("\n");
  expect(haystack).toContain("canary");
  for (const canary of canaries) {
    // The part that opens the door; a public id may be shown.
    const secret = canary.split("_").at(-1)!;
    for (const part of [secret, secret.slice(0, 16)]) expect(haystack.split(part).length - 1).toBe(0);
  }
});

async function revokeByProcess(name: string): Promise<void> {
  const child = Bun.spawn([process.execPath, "src/main.ts", "keys", "revoke", name], {
    env: { ...process.env, DATA_DIR: app.dataDir },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, errors] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expect(errors).toBe("");
  expect(code).toBe(0);
}
