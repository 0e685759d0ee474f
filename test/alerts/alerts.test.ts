import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { createAlerts } from "~/alerts/alerts.ts";
import { type AlertFacts, evaluate } from "~/alerts/evaluate.ts";
import { readRules, usualRules } from "~/alerts/rules.ts";
import { GatewayError } from "~/errors.ts";
import { fakeKey } from "../helpers/world.ts";

/** A quiet afternoon; what a test cares about is in `differs`. */
function facts(differs: Partial<AlertFacts> = {}): AlertFacts {
  return {
    served: 500,
    errorRate: 0.01,
    p95Ms: 9_000,
    keys: [{ id: "1", name: "laptop", lastHour: 120, usualHour: 100 }],
    refusals: [{ address: "203.0.113.9", requests: 12 }],
    upstreams: "ok",
    budgets: [budgetUsed(0.3)],
    disk: { freeBytes: 50e9, allBytes: 100e9 },
    memoryBytes: 200e6,
    ...differs,
  };
}

function budgetUsed(share: number): AlertFacts["budgets"][number] {
  return { key: { id: 1, name: "laptop" }, budget: { en: "tokens a day", zh: "每日 token " }, share };
}

const ids = (differs: Partial<AlertFacts>, rules = usualRules) => evaluate(facts(differs), rules).map(({ id }) => id);

test("a quiet afternoon alerts nobody", () => {
  expect(ids({})).toEqual([]);
});

test("each rule has its alert, and none without it", () => {
  expect(ids({ errorRate: 0.5 })).toEqual(["error_rate"]);
  expect(ids({ errorRate: 0.5, served: 19 })).toEqual([]);
  expect(ids({ errorRate: 0.5 }, { ...usualRules, error_rate: null })).toEqual([]);
  expect(ids({ p95Ms: 61_000 }, { ...usualRules, p95_ms: 60_000 })).toEqual(["p95_ms"]);
  expect(ids({ budgets: [budgetUsed(0.95)] })).toEqual(["budget_share laptop, tokens a day"]);
  expect(ids({ upstreams: "down" })).toEqual(["upstream_down"]);
  expect(ids({ upstreams: "degraded" })).toEqual([]);
  const key = { id: "1", name: "laptop", usualHour: 20 };
  expect(ids({ keys: [{ ...key, lastHour: 201 }] })).toEqual(["key_times_usual laptop"]);
  expect(ids({ keys: [{ ...key, lastHour: 99, usualHour: 1 }] })).toEqual([]);
  expect(ids({ keys: [{ ...key, lastHour: 101, usualHour: 0 }] })).toEqual(["key_times_usual laptop"]);
  expect(ids({ keys: [{ ...key, lastHour: 900, usualHour: null }] })).toEqual([]);
  expect(ids({ keys: [{ ...key, lastHour: 150 }] }, { ...usualRules, key_requests_per_hour: 149 })).toEqual([
    "key_requests_per_hour laptop",
  ]);
  expect(ids({ refusals: [{ address: "203.0.113.9", requests: 201 }] })).toEqual(["refusals_per_address 203.0.113.9"]);
  expect(ids({ disk: { freeBytes: 4e9, allBytes: 100e9 } })).toEqual(["disk_free_share"]);
  expect(ids({ memoryBytes: 3e9 })).toEqual(["memory_mb"]);
});

test("an alert is told when it begins and when it ended, signed, and not in between", async () => {
  const told: { event: string; alert: { id: string } }[] = [];
  const secret = fakeKey("webhook");
  using hook = listen(async (request) => {
    const body = await request.text();
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers.get("x-zgate-signature") ?? "")!;
    expect(createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")).toBe(mac!);
    told.push(JSON.parse(body));
    // The first try fails, the next one counts.
    return new Response(null, { status: told.length === 1 ? 503 : 204 });
  });
  let now = facts();
  const alerts = createAlerts({
    clock: { now: () => 1_795_340_467_123, tick: () => 0 },
    facts: async () => now,
    send: async (headers, body) => (await fetch(hook.url, { method: "POST", headers, body })).status,
    secret,
    save: async () => {},
    log: { warn() {} },
    pausesMs: [1, 1],
  });
  const events = () => told.map(({ event, alert }) => `${event} ${alert.id}`);

  await alerts.check();
  now = facts({ upstreams: "down" });
  await alerts.check();
  await alerts.check();
  expect(alerts.active()).toMatchObject([{ id: "upstream_down", since: 1_795_340_467_123 }]);
  while (told.length < 2) await Bun.sleep(1);
  now = facts();
  // Once is not enough: it may be back in a minute.
  await alerts.check();
  expect(alerts.active()).toHaveLength(1);
  await alerts.check();
  expect(alerts.active()).toEqual([]);
  while (told.length < 3) await Bun.sleep(1);
  expect(events()).toEqual(["alert.started upstream_down", "alert.started upstream_down", "alert.ended upstream_down"]);
});

test("what the webhook did not take is told again after the next look, also while nothing can be written", async () => {
  let isUp = false;
  const told: string[] = [];
  let now = facts({ disk: { freeBytes: 0, allBytes: 100e9 } });
  const alerts = createAlerts({
    clock: { now: () => 1_795_340_467_123, tick: () => 0 },
    facts: async () => now,
    send: async (_, body) => {
      if (isUp) told.push(JSON.parse(body).event);
      return isUp ? 204 : 503;
    },
    secret: null,
    save: () => Promise.reject(new Error("disk full")),
    log: { warn() {} },
    pausesMs: [],
  });
  await alerts.check();
  await Bun.sleep(1);
  expect(alerts.active()).toMatchObject([{ id: "disk_free_share", told: null }]);
  now = facts();
  await alerts.check();
  await alerts.check();
  isUp = true;
  await Bun.sleep(1);
  await alerts.check();
  while (told.length < 2) await Bun.sleep(1);
  expect(told).toEqual(["alert.started", "alert.ended"]);
  expect(alerts.ended()).toMatchObject([{ id: "disk_free_share", told: "ended" }]);
});

test("rules are read field by field", () => {
  expect(readRules({ p95_ms: "1500", error_rate: null, upstream_down: false }, usualRules)).toEqual({
    ...usualRules,
    p95_ms: 1500,
    error_rate: null,
    upstream_down: false,
  });
  for (const body of [{ error_rate: 2 }, { window_minutes: null }, { memory: 5 }, { p95_ms: "fast" }, []]) {
    expect(() => readRules(body, usualRules)).toThrow(GatewayError);
  }
});

function listen(answer: (request: Request) => Promise<Response>) {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  return { url: server.url.href, [Symbol.dispose]: () => void server.stop(true) };
}
