import { afterEach, beforeEach, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { createKeysRoutes } from "~/admin/keys-routes.ts";
import { sessionCookie } from "~/keys/cookie.ts";
import type { IssuedView } from "~/keys/owner.ts";
import type { KeyView } from "~/keys/view.ts";
import { type HeldClock, holdClock } from "../helpers/clock.ts";
import { ada, type House, openHouse, scratchFolder, seen } from "../keys/house.ts";

let folder: ReturnType<typeof scratchFolder>;
let clock: HeldClock;
let house: House;
let app: ReturnType<typeof serve>;
let adminKey: string;
const logged: string[] = [];
beforeEach(async () => {
  folder = scratchFolder();
  clock = holdClock();
  house = await openHouse(folder.path, clock);
  app = serve();
  adminKey = (await house.keys.create({ name: "ops", rights: ["admin"] }, ada)).token!;
});
afterEach(async () => {
  await app.stop(true);
  await house.close();
  await folder.remove();
});

function serve() {
  const log = { error: (message: string) => logged.push(message) };
  const routes = createKeysRoutes({ owned: house.owned, addressOf: (_, peer) => peer, log });
  return new Elysia().use(routes).listen({ port: 0, hostname: "127.0.0.1" });
}

interface Failure {
  error: { message: string; type: string; code: string; param: string | null };
}

async function call<T = unknown>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${app.server!.port}/admin/api${path}`, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}

test("the whole life of a key goes over the API", async () => {
  const made = await call<IssuedView>("POST", "/keys", { name: "pilot-agent", requests_per_minute: 60 });
  expect(made.status).toBe(200);
  expect(made.headers.get("cache-control")).toBe("no-store");
  const { token, key } = made.body;
  expect(seen(house, token)).toBe("pilot-agent");

  expect((await call<KeyView>("PATCH", `/keys/${key.id}`, { note: "night shift", in_flight: 2 })).body).toMatchObject({
    note: "night shift",
    limits: { requests_per_minute: 60, in_flight: 2 },
  });
  const rotated = await call<IssuedView>("POST", `/keys/${key.id}/rotate`, { overlap: "1h" });
  expect(rotated.body.key.secrets.map(({ state }) => state)).toEqual(["active", "retiring"]);
  expect([seen(house, token), seen(house, rotated.body.token)]).toEqual(["pilot-agent", "pilot-agent"]);
  expect((await call("POST", `/keys/${key.id}/undo-rotation`)).status).toBe(200);
  expect([seen(house, token), seen(house, rotated.body.token)]).toEqual(["pilot-agent", "revoked_key"]);

  await call("POST", "/keys/pilot-agent/disable");
  expect(seen(house, token)).toBe("disabled_key");
  await call("POST", "/keys/pilot-agent/enable");
  expect(seen(house, token)).toBe("pilot-agent");
  expect((await call<KeyView>("POST", `/keys/${key.id}/revoke`)).body.state).toBe("revoked");
  expect(seen(house, token)).toBe("revoked_key");

  const names = async (query: string) =>
    (await call<{ data: KeyView[] }>("GET", `/keys${query}`)).body.data.map(({ name }) => name);
  expect(await names("")).toEqual(["ops"]);
  expect(await names("?all=true")).toEqual(["ops", "pilot-agent"]);
});

test("no answer but the first one of a key holds its secret", async () => {
  const { body } = await call<IssuedView>("POST", "/keys", { name: "pilot-agent" }, { "idempotency-key": "one" });
  const secret = body.token!.split("_")[2]!;
  const again = await call<IssuedView>("POST", "/keys", { name: "pilot-agent" }, { "idempotency-key": "one" });
  expect(again.body.token).toBeNull();
  expect(again.body.key.id).toBe(body.key.id);
  for (const path of ["/keys", `/keys/${body.key.id}`, `/keys/${body.key.id}/use`, "/audit"]) {
    const text = JSON.stringify((await call("GET", path)).body);
    expect(text).not.toContain(secret.slice(0, 12));
    expect(text).not.toContain(adminKey.split("_")[2]!.slice(0, 12));
  }
});

test("a rotation during an overlap is a 409 that says how to go on", async () => {
  await call("POST", "/keys", { name: "pilot-agent" });
  await call("POST", "/keys/pilot-agent/rotate", { overlap: "24h" }, { "idempotency-key": "r1" });
  const clash = await call<Failure>(
    "POST",
    "/keys/pilot-agent/rotate",
    { overlap: "24h" },
    { "idempotency-key": "r2" },
  );
  expect(clash.status).toBe(409);
  expect(clash.body.error.message).toMatch(/lives until 2026-.*end-overlap/);
  const same = await call<IssuedView>(
    "POST",
    "/keys/pilot-agent/rotate",
    { overlap: "24h" },
    { "idempotency-key": "r1" },
  );
  expect(same.status).toBe(200);
  expect(same.body.token).toBeNull();
});

test("only an admin key administers, and it cannot spend", async () => {
  const plain = (await house.keys.create({ name: "plain" }, ada)).token!;
  const as = (token: string) => call<Failure>("GET", "/keys", undefined, { authorization: `Bearer ${token}` });
  expect((await as(plain)).status).toBe(403);
  expect((await as("a-key-that-nobody-has-made")).status).toBe(401);
  const bare = await fetch(`http://127.0.0.1:${app.server!.port}/admin/api/keys`);
  expect(bare.status).toBe(401);
  expect(bare.headers.get("www-authenticate")).toContain("Bearer");
  await house.keys.open([]);
  expect((await as("sk-anything-at-all-goes")).status).toBe(403);
  expect((await fetch(`http://127.0.0.1:${app.server!.port}/admin/api/keys`)).status).toBe(401);
});

test("a blocked address does not administer either, whatever it shows", async () => {
  await house.gate.block({ network: "127.0.0.1" }, { ...ada, address: "" });
  expect((await call("GET", "/keys")).status).toBe(403);
  await house.gate.unblock("127.0.0.1", ada);
  expect((await call("GET", "/keys")).status).toBe(200);
});

test("a signed-in admin reads freely, and changes things only from our own page", async () => {
  await house.admin.settle("correct horse battery");
  const id = await house.admin.signIn("correct horse battery", ada);
  const cookie = sessionCookie(id, false).split(";")[0]!;
  const as = (method: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${app.server!.port}/admin/api/pause`, { method, headers: { cookie, ...headers } });
  const token = house.admin.csrf(id);
  expect((await as("GET", {})).status).toBe(200);
  expect((await as("PUT", {})).status).toBe(403);
  expect((await as("PUT", { "x-csrf-token": token, "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await as("PUT", { "x-csrf-token": "guessed", "sec-fetch-site": "same-origin" })).status).toBe(403);
  expect(house.gate.state().paused).toBe(false);
  expect((await as("PUT", { "x-csrf-token": token, "sec-fetch-site": "same-origin" })).status).toBe(200);
  expect(house.gate.state().paused).toBe(true);
  expect(house.query("select actor, action from audit_log order by id desc limit 1")).toEqual([
    { actor: "admin", action: "inference.pause" },
  ]);
});

test("bad input is answered field by field, in OpenAI's shape, and with the right status", async () => {
  const cases: [string, string, unknown, number, string | null][] = [
    ["POST", "/keys", { name: "" }, 400, "name"],
    ["POST", "/keys", { name: "x".repeat(10_000) }, 400, "name"],
    ["POST", "/keys", { name: "x", requests_per_minute: -1 }, 400, "requests_per_minute"],
    ["POST", "/keys", "{", 400, null],
    ["POST", "/keys", "[]", 400, null],
    ["POST", "/keys", { name: "x", note: "y".repeat(70_000) }, 413, null],
    ["GET", "/keys/99", undefined, 404, "key"],
    ["POST", "/keys/nobody/revoke", undefined, 404, "key"],
    ["POST", "/keys/ops/rotate", { overlap: "2d" }, 400, "overlap"],
    ["POST", "/blocked", { network: "10.0.0.1/8" }, 400, "network"],
    ["POST", "/blocked", { network: "127.0.0.0/8" }, 400, "network"],
    ["DELETE", "/blocked", undefined, 400, "network"],
    ["PUT", "/prices/glm-4.6", { input: "much", output: 1 }, 400, "input"],
    ["GET", "/audit?limit=0", undefined, 400, "limit"],
  ];
  for (const [method, path, body, status, param] of cases) {
    const answer = await call<Failure>(method, path, body);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.body.error.param).toBe(param);
  }
  expect(logged).toEqual([]);
});

test("pause, blocks and prices go over the API, each with who did it on the audit log", async () => {
  expect((await call("PUT", "/pause", { message: "Moving house." })).body).toMatchObject({
    paused: true,
    message: "Moving house.",
  });
  expect((await call("DELETE", "/pause")).body).toMatchObject({ paused: false });
  await call("POST", "/blocked", { network: "203.0.113.0/24", note: "guessed" });
  expect((await call("GET", "/blocked")).body).toMatchObject({
    data: [{ network: "203.0.113.0/24", note: "guessed" }],
  });
  await call("DELETE", "/blocked?network=203.0.113.0/24");
  await call("PUT", "/prices/glm-4.6", { input: 0.5, output: 2 });
  expect(house.prices.costOf({ model: "glm-4.6", tokensIn: 1_000_000, tokensCached: 0, tokensOut: 0 })).toBe(
    500_000_000,
  );
  await call("DELETE", "/prices/glm-4.6");
  expect(house.prices.costOf({ model: "glm-4.6", tokensIn: 1_000_000, tokensCached: 0, tokensOut: 0 })).toBe(
    600_000_000,
  );

  const page = (
    await call<{ data: { actor: string; action: string; id: number }[]; next_before: number }>("GET", "/audit?limit=4")
  ).body;
  expect(page.data.map(({ action }) => action)).toEqual([
    "price.reset",
    "price.set",
    "network.unblock",
    "network.block",
  ]);
  expect(new Set(page.data.map(({ actor }) => actor))).toEqual(new Set(["key ops"]));
  const older = (await call<{ data: { action: string }[] }>("GET", `/audit?limit=4&before=${page.next_before}`)).body;
  expect(older.data.map(({ action }) => action)).toEqual(["inference.resume", "inference.pause", "key.create"]);
});
