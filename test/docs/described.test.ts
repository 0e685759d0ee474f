import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Schema, Validator } from "@cfworker/json-schema";
import { kept } from "../capture/kept.ts";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

setDefaultTimeout(60_000);

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; schema: unknown }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

interface Description {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

let app: App;
let plain: App;
let owner: string;
let description: Description;
/** What was asked, as the description writes it: `GET /admin/api/keys/{key}`. */
const asked = new Set<string>();

beforeAll(async () => {
  app = await startApp({ env: { ALLOW_PRIVATE_UPSTREAMS: "true", ALERT_WEBHOOK_URL: "http://127.0.0.1:9/" } });
  plain = await startApp({ face: "openai" });
  owner = await keyOf(app, "admin");
  description = await (await fetch(`${app.url}/openapi.json`)).json();
}, 60_000);
afterAll(async () => {
  await app.stop();
  await plain.stop();
});

test("every operation has a name, a group, and a schema for all that goes in and comes out", () => {
  const operations = operationsOf(description);
  expect(operations.length).toBeGreaterThan(60);
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const tags = description.tags.map(({ name }) => name);
  for (const { name, operation } of operations) {
    expect([name, operation.summary]).toEqual([name, expect.any(String)]);
    expect([name, tags]).toEqual([name, expect.arrayContaining(operation.tags ?? ["none"])]);
    for (const [, parameter = ""] of name.matchAll(/\{(\w+)\}/g)) {
      expect([name, operation.parameters]).toEqual([
        name,
        expect.arrayContaining([expect.objectContaining({ in: "path", name: parameter, required: true })]),
      ]);
    }
    const isWithoutKey = /^GET \/(health|ready)$/.test(name);
    expect([name, Object.keys(operation.responses).some((status) => status >= "400")]).toEqual([
      name,
      !isWithoutKey || name.endsWith("/ready"),
    ]);
    for (const content of [
      ...(operation.requestBody ? [operation.requestBody.content] : []),
      ...Object.values(operation.responses).map((response) => response.content),
    ]) {
      const schemas = Object.values(content ?? {}).map(({ schema }) => schema);
      expect([name, schemas.length > 0]).toEqual([name, true]);
      for (const schema of schemas) expect([name, Object.keys(schema)]).not.toEqual([name, []]);
    }
  }
});

test("every name that the description refers to is described", () => {
  const names = [...JSON.stringify(description).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name!);
  const described = Object.keys(description.components.schemas);
  expect(described).toEqual(expect.arrayContaining([...new Set(names)]));
});

test("every address of the APIs is described", () => {
  const paths = Object.keys(description.paths);
  for (const path of [
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/models",
    "/v1/models/{model}",
    "/v1/key",
    "/anthropic/v1/messages",
    "/anthropic/v1/messages/count_tokens",
    "/anthropic/v1/models",
    "/admin/api/reports/export.csv",
  ])
    expect(paths).toContain(path);
});

test("the APIs answer as they are described", async () => {
  const messages = [{ role: "user", content: "Hello" }];
  for (const prefix of ["", "/anthropic"]) {
    await client(app, "POST", `${prefix}/v1/messages`, { model: world.models.usual, max_tokens: 50, messages });
    await client(app, "POST", `${prefix}/v1/messages/count_tokens`, { model: world.models.usual, messages });
    await client(app, "POST", `${prefix}/v1/messages`, { model: "no-such-model", max_tokens: 5, messages }, 404);
    await client(app, "GET", `${prefix}/v1/models`);
    await client(app, "GET", `${prefix}/v1/models/{model}`, undefined, 200, { model: world.models.usual });
  }
  for (const gate of [app, plain]) {
    await client(gate, "POST", "/v1/chat/completions", { model: world.models.usual, messages });
    await client(gate, "POST", "/v1/responses", { model: world.models.usual, input: "Hello" });
  }
  await client(app, "POST", "/v1/chat/completions", { messages: "none" }, 400);
  await client(app, "POST", "/v1/completions", { model: world.models.usual, prompt: "Once" }, 501);
  await client(plain, "POST", "/v1/embeddings", { model: world.models.usual, input: "Once" }, 501);
  await client(app, "GET", "/v1/key");
  await client(app, "GET", "/health");
  await client(app, "GET", "/ready");
});

test("the admin API and the reports answer as they are described", async () => {
  const own = (method: string, path: string, more: Asking = {}) => call(app, owner, method, path, more);
  const at = "/admin/api";
  await own("GET", `${at}/keys`);
  await own("GET", `${at}/keys`, { token: "sk-not-a-key-of-this-gateway", status: 401 });
  await own("POST", `${at}/keys`, { body: { name: "probe", models: ["glm-*"], usd_per_day: 3 } });
  await own("POST", `${at}/keys`, { body: { name: "probe" }, status: 409 });
  const key = { key: "probe" };
  await own("GET", `${at}/keys/{key}`, { params: key });
  await own("GET", `${at}/keys/{key}`, { params: { key: "nobody" }, status: 404 });
  await own("PATCH", `${at}/keys/{key}`, { params: key, body: { note: "a note" } });
  await own("PATCH", `${at}/keys/{key}`, { params: key, body: { in_flight: "many" }, status: 400 });
  await own("POST", `${at}/keys/{key}/rotate`, { params: key, body: {} });
  await own("POST", `${at}/keys/{key}/undo-rotation`, { params: key });
  await own("POST", `${at}/keys/{key}/rotate`, { params: key, body: {} });
  await own("POST", `${at}/keys/{key}/end-overlap`, { params: key });
  await own("POST", `${at}/keys/{key}/disable`, { params: key });
  await own("POST", `${at}/keys/{key}/enable`, { params: key });
  await own("GET", `${at}/keys/{key}/use`, { params: { key: "default" } });
  await own("PATCH", `${at}/keys/{key}`, { params: { key: "default" }, body: { capture: true } });
  const captured = await app.ask(world.questions.sum, { stream: true });
  await captured.text();
  await kept(app, 1);
  await own("GET", `${at}/captures`);
  await own("GET", `${at}/captures/{request}`, { params: { request: captured.headers.get("x-request-id")! } });
  await own("DELETE", `${at}/keys/{key}/captures`, { params: { key: "default" } });
  await own("POST", `${at}/keys/{key}/revoke`, { params: key });

  await own("PUT", `${at}/pause`, { body: { message: "Back at noon" } });
  await own("GET", `${at}/pause`);
  await own("DELETE", `${at}/pause`);
  await own("POST", `${at}/blocked`, { body: { network: "203.0.113.0/24" } });
  await own("GET", `${at}/blocked`);
  await own("DELETE", `${at}/blocked`, { query: "?network=203.0.113.0/24" });
  const model = { model: world.models.usual };
  await own("PUT", `${at}/prices/{model}`, { params: model, body: { input: 1, output: 2 } });
  await own("GET", `${at}/prices`);
  await own("DELETE", `${at}/prices/{model}`, { params: model });
  await own("GET", `${at}/alerts`);
  await own("PATCH", `${at}/alerts`, { body: { p95_ms: 30_000 } });
  await own("POST", `${at}/alerts/test`);
  await own("POST", `${at}/costs/recompute`, { body: { from: "2026-01-01" } });
  await own("GET", `${at}/costs`);
  await own("GET", `${at}/audit`, { query: "?limit=5" });

  const token = `probe.${crypto.randomUUID()}`;
  const upstream = { upstream: "second" };
  await own("POST", `${at}/upstreams`, { body: { name: "second", url: app.simulator.zaiUrl, token, in_flight: 3 } });
  await own("POST", `${at}/upstreams/{upstream}/credentials`, {
    params: upstream,
    body: { name: "spare", token: `${token}2` },
  });
  await own("GET", `${at}/upstreams`);
  await own("GET", `${at}/upstreams/{upstream}`, { params: upstream });
  await own("PATCH", `${at}/upstreams/{upstream}`, { params: upstream, body: { weight: 2 } });
  await own("GET", `${at}/upstreams/health`);
  await own("POST", `${at}/upstreams/test`);
  for (const act of ["test", "wake", "disable", "enable"]) {
    await own("POST", `${at}/upstreams/{upstream}/${act}`, { params: upstream });
  }
  const credential = { credential: "second/spare" };
  await own("PATCH", `${at}/credentials/{credential}`, { params: credential, body: { weight: 2 } });
  await own("POST", `${at}/credentials/{credential}/rotate`, { params: credential, body: { token: `${token}3` } });
  await own("POST", `${at}/credentials/{credential}/undo-rotation`, { params: credential });
  await own("POST", `${at}/credentials/{credential}/rotate`, { params: credential, body: { token: `${token}4` } });
  for (const act of ["end-overlap", "disable", "enable"]) {
    await own("POST", `${at}/credentials/{credential}/${act}`, { params: credential });
  }
  await own("DELETE", `${at}/credentials/{credential}`, { params: credential });
  await own("DELETE", `${at}/upstreams/{upstream}`, { params: upstream });

  const reports = `${at}/reports`;
  await app.settled(5);
  await own("GET", `${reports}/overview`, { query: "?range=1h" });
  await own("GET", `${reports}/overview`, { query: "?tz=Nowhere", status: 400 });
  await own("GET", `${reports}/overview`, { token: app.key, status: 403 });
  await own("GET", `${reports}/breakdown/{by}`, { params: { by: "model" } });
  const page = (await own("GET", `${reports}/requests`)) as { requests: { request_id: string }[] };
  await own("GET", `${reports}/requests/{id}`, { params: { id: page.requests[0]!.request_id } });
  await own("GET", `${reports}/requests/{id}`, { params: { id: "req_none" }, status: 404 });
  await own("GET", `${reports}/choices`);
  for (const name of ["storage", "system", "alerts", "prices"]) await own("GET", `${reports}/${name}`);
  await own("GET", "/dashboard/stats");
  const lines = (await own("GET", `${reports}/export.jsonl`)) as string;
  const exported = validator({ $ref: "#/components/schemas/ExportedRequest" });
  for (const line of lines.trim().split("\n")) expect(exported.validate(JSON.parse(line)).errors).toEqual([]);
  await own("GET", `${reports}/export.csv`);
  await own("GET", "/metrics");
  await own("POST", `${at}/sign-out-everywhere`);
});

test("nothing that is described was left unasked", () => {
  expect(operationsOf(description).map(({ name }) => name)).toEqual(expect.arrayContaining([...asked]));
  expect([...asked]).toEqual(expect.arrayContaining(operationsOf(description).map(({ name }) => name)));
});

interface Asking {
  params?: Record<string, string>;
  query?: string;
  body?: unknown;
  status?: number;
  token?: string;
}

function client(
  gate: App,
  method: string,
  path: string,
  body?: unknown,
  status = 200,
  params: Record<string, string> = {},
): Promise<unknown> {
  return call(gate, gate.key, method, path, { body, status, params });
}

/** Asks, and holds the answer against its description. */
async function call(gate: App, key: string, method: string, path: string, asking: Asking): Promise<unknown> {
  const { params = {}, query = "", body, status = 200, token = key } = asking;
  const name = `${method} ${path}`;
  asked.add(name);
  const address = path.replaceAll(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(params[part] ?? ""));
  const response = await fetch(`${gate.url}${address}${query}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect([name, response.status, response.status === status ? "" : text]).toEqual([name, status, ""]);
  const operation = description.paths[path]?.[method.toLowerCase()];
  if (operation?.requestBody && body !== undefined && status < 400) {
    const [wanted] = Object.values(operation.requestBody.content);
    expect([name, validator(wanted!.schema).validate(body).errors]).toEqual([name, []]);
  }
  const contents = operation?.responses[String(status)]?.content ?? {};
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  expect([name, Object.keys(contents)]).toEqual([name, expect.arrayContaining([type])]);
  if (type !== "application/json") return text;
  const answer: unknown = JSON.parse(text);
  expect([name, validator(contents[type]!.schema).validate(answer).errors]).toEqual([name, []]);
  return answer;
}

/** Knows the named schemas, and takes no field that is not described. */
function validator(schema: Schema): Validator {
  const closed = JSON.parse(JSON.stringify({ ...schema, components: description.components }), (_, value) =>
    isObject(value) && isObject(value.properties) && value.type === "object" && value.additionalProperties === undefined
      ? { ...value, additionalProperties: false }
      : value,
  );
  return new Validator(closed, "2020-12", false);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function operationsOf({ paths }: Description): { name: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
}

async function keyOf({ dataDir }: App, right: string): Promise<string> {
  const child = Bun.spawn(["bun", "src/main.ts", "keys", "create", "owner", "--rights", right, "--json"], {
    env: { ...process.env, DATA_DIR: dataDir },
    stderr: "inherit",
  });
  return (JSON.parse(await new Response(child.stdout).text()) as { token: string }).token;
}
