import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

// A whole zgate starts here, on a machine that may be busy.
setDefaultTimeout(30_000);

let app: App;
let reportKey: string;

beforeAll(async () => {
  app = await startApp({ env: { ALERT_WEBHOOK_URL: "http://127.0.0.1:9/hook" } });
  reportKey = await makeKey("office", ["reports"]);
  for (let n = 0; n < 5; n++) await (await app.ask(world.questions.sum)).text();
  await (await app.ask(world.questions.sum, { model: "no-such-model" })).text();
  await app.settled(6);
}, 30_000);
afterAll(() => app.stop());

let adminKey: string | null = null;

async function makeKey(name: string, rights: string[]): Promise<string> {
  const cookie = await signIn();
  const answer = await fetch(`${app.url}/admin/api/keys`, {
    method: "POST",
    headers: { ...cookie, "content-type": "application/json" },
    body: JSON.stringify({ name, rights }),
  });
  const made = (await answer.json()) as { token: string };
  return made.token;
}

/** Whoever administers: a key made on the command line. */
async function signIn(): Promise<Record<string, string>> {
  if (adminKey === null) {
    const child = Bun.spawn(["bun", "src/main.ts", "keys", "create", "boss", "--rights", "admin", "--json"], {
      env: { ...process.env, DATA_DIR: app.dataDir },
      stderr: "inherit",
    });
    adminKey = (JSON.parse(await new Response(child.stdout).text()) as { token: string }).token;
  }
  return { authorization: `Bearer ${adminKey}` };
}

/** What the tests read of any report. */
interface Report {
  totals: { requests: number };
  exact: boolean;
  points: unknown[];
  rows: { label: string; requests: number }[];
  requests: { id: number; request_id: string }[];
  id: number;
  older: number | null;
  model: { label: string }[];
}

function get(path: string, token: string | null = reportKey): Promise<Response> {
  return fetch(`${app.url}${path}`, token === null ? {} : { headers: { authorization: `Bearer ${token}` } });
}

async function json(path: string, token?: string) {
  const answer = await get(path, token);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Report;
}

test("the overview says what happened, and how exact that is", async () => {
  const report = await json("/admin/api/reports/overview?range=1h&tz=Asia/Kathmandu");
  expect(report.totals).toMatchObject({ requests: 6, outcomes: { completed: 5, rejected: 1 } });
  expect(report.exact).toBe(true);
  expect(report.points.length).toBe(60);
  const filtered = await json("/admin/api/reports/overview?range=24h&outcome=rejected");
  expect(filtered.totals.requests).toBe(1);
});

test("a breakdown by key names it, and one by something unknown is not found", async () => {
  const report = await json("/admin/api/reports/breakdown/model?range=24h");
  expect(report.rows.map(({ label, requests }) => [label, requests])).toEqual([
    [world.models.usual, 5],
    ["no-such-model", 1],
  ]);
  expect((await get("/admin/api/reports/breakdown/weather")).status).toBe(404);
});

test("requests come in pages, one by one, and as files", async () => {
  const first = await json("/admin/api/reports/requests?range=24h&limit=4");
  expect(first.requests).toHaveLength(4);
  const second = await json(`/admin/api/reports/requests?range=24h&limit=4&older=${first.older}`);
  expect(second.requests).toHaveLength(2);
  expect(second.older).toBeNull();
  const one = await json(`/admin/api/reports/requests/${first.requests[0]!.request_id}`);
  expect(one.id).toBe(first.requests[0]!.id);
  const csv = await (await get("/admin/api/reports/export.csv?range=24h")).text();
  expect(csv.trim().split("\r\n")).toHaveLength(7);
  const lines = (await (await get("/admin/api/reports/export.jsonl?range=24h&outcome=completed")).text())
    .trim()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line).outcome)).toEqual(Array(5).fill("completed"));
});

test("what makes no sense is a 400 that names the parameter", async () => {
  for (const [query, param] of [
    ["tz=Mars/Olympus", "tz"],
    ["limit=many", "limit"],
    ["limit=100000", "limit"],
    ["older=-1", "older"],
  ]) {
    const answer = await get(`/admin/api/reports/requests?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param } });
  }
});

test("reports are for a key with the right to see them", async () => {
  for (const path of ["/admin/api/reports/overview", "/dashboard/stats", "/admin/api/reports/export.csv"]) {
    expect((await get(path, null)).status).toBe(401);
    expect((await get(path, app.key)).status).toBe(403);
  }
  expect((await get("/admin/api/keys")).status).toBe(403);
});

test("ZtoApi's two addresses keep their shape", async () => {
  expect((await json("/dashboard/stats")) as unknown).toEqual({
    totalRequests: 6,
    successfulRequests: 5,
    failedRequests: 1,
    averageResponseTime: expect.any(Number),
  });
  const list = (await json("/dashboard/requests")) as unknown as Record<string, unknown>[];
  expect(list).toHaveLength(6);
  expect(list[0]).toEqual({
    id: expect.stringMatching(/^req_/),
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    method: "POST",
    path: "/v1/chat/completions",
    status: 404,
    duration: expect.any(Number),
    user_agent: expect.any(String),
    model: "no-such-model",
  });
});

test("choices are what requests had, alerts what is wrong", async () => {
  const choices = await json("/admin/api/reports/choices");
  expect(Object.keys(choices).toSorted()).toEqual(
    ["api", "client", "error", "key", "model", "outcome", "status", "upstream"].toSorted(),
  );
  expect(choices.model.map(({ label }) => label)).toContain(world.models.usual);
  const cookie = await signIn();
  const changed = await fetch(`${app.url}/admin/api/alerts`, {
    method: "PATCH",
    headers: { ...cookie, "content-type": "application/json" },
    body: JSON.stringify({ p95_ms: 30_000 }),
  });
  expect(changed.status).toBe(200);
  const alerts = await json("/admin/api/alerts", cookie.authorization!.slice("Bearer ".length));
  expect(alerts).toMatchObject({ active: [], webhook: true, rules: { p95_ms: 30_000, upstream_down: true } });
});
