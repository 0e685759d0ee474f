import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type App, startApp } from "../helpers/app.ts";
import { closedPort } from "../helpers/ports.ts";
import { addUpstream, command, officialToken } from "../helpers/upstreams.ts";
import { fakeKey, world } from "../helpers/world.ts";

let app: App;
const admin = fakeKey("admin");
beforeAll(async () => {
  app = await startApp({ env: { ALLOW_PRIVATE_UPSTREAMS: "true" } });
  await command(app, "keys.create", { body: { name: "ops", secret: admin, rights: ["admin"] } });
});
afterAll(() => app.stop());

interface Answer {
  [field: string]: unknown;
  error?: { message: string; param: string | null };
}

interface Tested {
  data: { ok: boolean; steps: unknown[] }[];
}

async function call(method: string, path: string, body?: unknown, key = admin): Promise<[number, Answer]> {
  const answer = await fetch(`${app.url}/admin/api${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return [answer.status, (await answer.json()) as Answer];
}

test("an upstream is added, seen, changed and removed, and no secret ever comes back", async () => {
  const token = officialToken();
  const [status, added] = await call("POST", "/upstreams", { name: "second", url: app.simulator.zaiUrl, token });
  expect(status).toBe(200);
  expect(added).toMatchObject({ upstream: { name: "second", dialect: "zai", state: "active" }, notice: null });
  expect(JSON.stringify(added)).not.toContain(token);
  const [, list] = await call("GET", "/upstreams");
  expect((list.data as { name: string }[]).map(({ name }) => name)).toEqual(["environment", "second"]);
  expect((await call("PATCH", "/upstreams/second", { priority: 1, models: ["glm-4*"] }))[1]).toMatchObject({
    priority: 1,
    models: ["glm-4*"],
  });
  expect((await call("POST", "/upstreams/second/test"))[1]).toMatchObject({ data: [{ upstream: "second", ok: true }] });
  expect((await call("POST", "/upstreams/second/disable"))[1]).toMatchObject({ state: "disabled" });
  expect((await call("POST", "/upstreams/second/enable"))[1]).toMatchObject({ state: "active" });
  const more = { name: "spare", token: officialToken(), in_flight: { "glm-4.7": 1 } };
  expect((await call("POST", "/upstreams/second/credentials", more))[1]).toMatchObject({ in_flight: { "glm-4.7": 1 } });
  const rotated = await call("POST", "/credentials/spare/rotate", { token: officialToken() });
  expect(rotated[1]).toMatchObject({ retiring: { not_after: expect.any(String) } });
  expect((await call("POST", "/credentials/spare/undo-rotation"))[1]).toMatchObject({ retiring: null });
  expect((await call("GET", "/upstreams/health"))[1]).toMatchObject({ queued: 0 });

  // Sealed: neither the database nor what is written ahead of it holds the words.
  for (const file of readdirSync(app.dataDir).filter((name) => name.startsWith("zgate.db"))) {
    expect(readFileSync(join(app.dataDir, file)).includes(token)).toBe(false);
  }
  expect(app.log.join("\n")).not.toContain(token);
  expect((await call("DELETE", "/upstreams/second"))[1]).toEqual({ removed: true });
  expect((await call("GET", "/upstreams/second"))[0]).toBe(404);
  const { data } = await command<{ data: { action: string }[] }>(app, "audit.list", {});
  expect(data.map(({ action }) => action)).toContain("upstream.remove");
  expect(JSON.stringify(data)).not.toContain(token);
});

test("bad input names its field and says why", async () => {
  const url = app.simulator.zaiUrl;
  await call("POST", "/upstreams", { name: "taken", url, probe: false });
  const cases: [body: object, status: number, param: string | null, says: string][] = [
    [{ name: "x" }, 400, "url", "url"],
    [{ name: "x", url: "file:///etc/passwd" }, 400, "url", "http:// or https://"],
    [{ name: "x", url: "https://me:secret@api.example/v1" }, 400, "url", "ZAI_TOKEN"],
    [{ name: "", url }, 400, "name", "name"],
    [{ name: "7", url }, 400, "name", "number"],
    [{ name: "Environment", url }, 400, "name", "environment"],
    [{ name: "TAKEN", url }, 409, "name", "already"],
    [{ name: "x", url, weight: 0 }, 400, "weight", "between"],
    [{ name: "x", url, in_flight: { a: -1 } }, 400, "in_flight", "10000"],
    [{ name: "x", url, dialect: "soap" }, 400, "dialect", "zai-web"],
    [{ name: "x", url, wieght: 2 }, 400, "wieght", "no field"],
    [{ name: "x", url: "https://api.z.ai/api/coding/paas/v4" }, 400, "accept_coding_plan_terms", "supported tools"],
    [{ name: "x", url: `http://127.0.0.1:${closedPort()}/v1` }, 400, "url", "nobody listens there"],
    [{ name: "x", url: `${app.simulator.url}/nowhere`, dialect: "openai" }, 400, "url", "said no"],
  ];
  const moves: typeof cases = [
    [{ url: `http://127.0.0.1:${closedPort()}/v1` }, 400, "url", "nobody listens there"],
    [{ dialect: "zai-web" }, 400, "url", "said no"],
    [{ url: "https://api.z.ai/api/coding/paas/v4" }, 400, "accept_coding_plan_terms", "supported tools"],
    [{ name: "environment" }, 400, "name", "environment"],
  ];
  for (const [body, status, param, says] of moves) {
    const [got, { error }] = await call("PATCH", "/upstreams/taken", body);
    expect([got, error?.param]).toEqual([status, param]);
    expect(error?.message).toContain(says);
  }
  const [, kept] = await call("PATCH", "/upstreams/taken", { dialect: "openai", probe: false });
  expect(kept).toMatchObject({ dialect: "openai", url });
  expect((await call("PATCH", "/upstreams/taken", { dialect: "zai", url }))[1]).toMatchObject({ dialect: "zai" });
  for (const [body, status, param, says] of cases) {
    const [got, { error }] = await call("POST", "/upstreams", body);
    if (!error) throw new Error(`${JSON.stringify(body)} was taken`);
    expect([got, error!.param]).toEqual([status, param]);
    expect(error!.message).toContain(says);
  }
  const refusing = officialToken();
  app.simulator.refuse(refusing, "http401");
  const [status, { error }] = await call("POST", "/upstreams", { name: "x", url, token: refusing });
  expect([status, error!.param]).toEqual([400, "token"]);
});

test("a private address needs the owner's word in the environment, and a stranger gets nothing", async () => {
  expect((await call("GET", "/upstreams", undefined, app.key))[0]).toBe(403);
  expect((await call("GET", "/upstreams", undefined, fakeKey("nobody")))[0]).toBe(401);
  await app.restart({ ALLOW_PRIVATE_UPSTREAMS: "false" });
  for (const url of [app.simulator.zaiUrl, "http://169.254.169.254/v1", "http://localhost:1234/v1"]) {
    const [status, { error }] = await call("POST", "/upstreams", { name: "inside", url });
    expect([status, error!.param]).toEqual([400, "url"]);
    expect(error!.message).toContain("ALLOW_PRIVATE_UPSTREAMS");
  }
  const [status] = await call("PATCH", "/upstreams/taken", { url: "http://10.0.0.1/v1" });
  expect(status).toBe(400);
  // What was saved while it was allowed is looked at again at each call; the command line's word counts for good.
  const test = async (name: string) => (await call("POST", `/upstreams/${name}/test`))[1] as unknown as Tested;
  expect((await test("taken")).data[0]!.steps).toContainEqual({
    step: "connection",
    ok: false,
    says: expect.stringContaining("it lies in a private network"),
  });
  await addUpstream(app, { name: "own", token: officialToken() });
  expect((await test("own")).data[0]).toMatchObject({ ok: true });
  await call("POST", "/upstreams/taken/disable");
  expect((await app.ask(world.questions.sum)).status).toBe(200);
});
