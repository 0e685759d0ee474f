import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { errorKinds, GatewayError } from "~/errors.ts";
import { againAfter } from "~/gateway/retries.ts";
import { type App, startApp } from "../helpers/app.ts";
import { tableOf, until } from "../helpers/upstreams.ts";
import { world } from "../helpers/world.ts";

let app: App;
beforeAll(async () => {
  app = await startApp({
    env: { RETRY_BUDGET: "10", FIRST_FRAME_HOLD: "0.2", SSE_HEARTBEAT_SECONDS: "0.1", STREAM_TIMEOUT: "0.5" },
  });
});
afterEach(() => app.simulator.reset());
afterAll(() => app.stop());

async function newRow(before: number) {
  return (await app.settled(before + 1))[before]!;
}
const attemptsOf = (id: number) => tableOf(app, "attempts").filter(({ request_id }) => request_id === id);

test("concurrency refused for a moment: waited out, one row, one count, and each attempt on record", async () => {
  const before = app.rows().length;
  app.simulator.next("e429_1302");
  const answer = await app.ask(world.questions.sum);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: world.answers.sum } }] });
  const row = await newRow(before);
  expect(row).toMatchObject({ outcome: "completed", status: 200, requests: 1, attempts: 2, error_kind: null });
  expect(attemptsOf(row.id)).toMatchObject([
    { number: 1, status: 429, error_kind: errorKinds.upstream_rate_limited.code, error_text: "1302", upstream: "zai" },
    { number: 2, status: 200, error_kind: null, credential: "ZAI_TOKEN", model: world.models.usual },
  ]);
});

test("a request that went well at once has its own row and no other", async () => {
  const before = app.rows().length;
  await (await app.ask(world.questions.sum)).text();
  expect(attemptsOf((await newRow(before)).id)).toEqual([]);
});

const passing: [scenario: string, stream: boolean][] = [
  ["e500_1234", true],
  ["http500", false],
  ["close_first", true],
  ["inband_first:1234", true],
  ["inband_first:1302", true],
  ["empty_stream", true],
  ["network_error", false],
];
for (const [scenario, stream] of passing) {
  test(`${scenario} ${stream ? "in a stream" : "of a whole answer"}: asked again before the client heard a word`, async () => {
    const before = app.rows().length;
    // A closed connection is dialled once more before it counts as an attempt.
    for (let time = scenario === "close_first" ? 2 : 1; time > 0; time--) app.simulator.next(scenario);
    const answer = await app.ask(world.questions.sum, { stream });
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).not.toContain('"error"');
    if (stream) expect(text).toEndWith("data: [DONE]\n\n");
    expect(await newRow(before)).toMatchObject({ outcome: "completed", attempts: 2 });
    await until(() => app.simulator.open() === 0);
  });
}

test("asked again also after pings began", async () => {
  app.simulator.next("e429_1302");
  const answer = await app.ask(world.questions.sum, { stream: true });
  const text = await answer.text();
  expect(answer.status).toBe(200);
  expect(text).toStartWith(": ping\n\n");
  expect(text).toContain('"finish_reason":"stop"');
});

test("never asked again once the client heard a word", async () => {
  const before = app.rows().length;
  app.simulator.next("inband_error:1234");
  const text = await (await app.ask(world.questions.poem, { stream: true })).text();
  expect(text).toContain('"error"');
  expect(text).not.toContain("[DONE]");
  expect(await newRow(before)).toMatchObject({ outcome: "failed", attempts: 1 });
});

for (const scenario of [
  "e400_1210",
  "e400_1261",
  "e400_1301",
  "e400_1211",
  "html",
  "empty_body",
  "redirect",
  "silence",
]) {
  test(`${scenario} is not asked again`, async () => {
    const before = app.rows().length;
    app.simulator.always(scenario);
    if (scenario === "silence") await app.restart({ HEADERS_TIMEOUT: "0.3" });
    const answer = await app.ask(world.questions.sum, { stream: true });
    await answer.text();
    const row = await newRow(before);
    expect(row.attempts).toBe(1);
    expect(row.outcome).not.toBe("completed");
  });
}

test("an upstream that stays overloaded is tried three times, and the client is told when to come back", async () => {
  const before = app.rows().length;
  app.simulator.always("e429_1305");
  const answer = await app.ask(world.questions.sum);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "30"]);
  await answer.text();
  const row = await newRow(before);
  expect(row).toMatchObject({ outcome: "failed", attempts: 3, requests: 1, error_kind: "upstream_overloaded" });
  expect(attemptsOf(row.id).length).toBe(3);
});

test("the upstream's own Retry-After is kept to, and passed on where it is longer than the budget", async () => {
  app.simulator.next("http429_retry_after:1");
  const kept = await app.ask(world.questions.sum);
  expect(kept.status).toBe(200);
  await kept.text();
  const before = app.rows().length;
  app.simulator.next("http429_retry_after:77");
  const told = await app.ask(world.questions.sum);
  expect([told.status, told.headers.get("retry-after")]).toEqual([429, "77"]);
  await told.text();
  expect((await newRow(before)).attempts).toBe(1);
});

test("a client that leaves while zgate waits to ask again is gone: no further call, a row that says aborted", async () => {
  const before = app.rows().length;
  app.simulator.always("http429_retry_after:5");
  const leaving = new AbortController();
  const asked = app.ask(world.questions.sum, {}, { signal: leaving.signal }).catch(() => null);
  await until(() => app.simulator.requests().length === 1);
  await Bun.sleep(50);
  leaving.abort();
  await asked;
  expect(await newRow(before)).toMatchObject({ outcome: "aborted", status: 499, attempts: 1 });
  expect(app.simulator.requests().length).toBe(1);
});

test("what each error allows: the same account after a wait, another at once, or nothing", () => {
  const after = (kind: keyof typeof errorKinds, upstreamCode?: string, retryAfterMs?: number) =>
    againAfter(new GatewayError(kind, "x", { upstreamCode, retryAfterMs }));
  for (const kind of ["invalid_request", "content_filter", "context_length_exceeded", "internal_error"] as const)
    expect(after(kind)).toMatchObject({ waits: [], elsewhere: false, rest: null, isBreakage: false });
  for (const kind of ["upstream_auth_failed", "upstream_account", "insufficient_quota"] as const)
    expect(after(kind)).toMatchObject({ waits: [], elsewhere: true, isQuick: true, isBreakage: false });
  expect(after("insufficient_quota", "1308", 7_200_000).rest).toEqual({ of: "account", ms: 7_200_000 });
  expect(after("model_not_available", "1311").rest?.of).toBe("model");
  expect(after("upstream_rate_limited", "1302").waits.length).toBeGreaterThan(3);
  expect(after("upstream_rate_limited", "1302").isBreakage).toBe(false);
  expect(after("upstream_overloaded", "1305").waits.length).toBe(2);
  expect(after("upstream_error", "1231").waits).toEqual([0]);
  expect(after("upstream_unreachable", "ECONNREFUSED").waits.length).toBe(1);
  expect(after("upstream_unreachable", "CERT_HAS_EXPIRED")).toMatchObject({ waits: [], elsewhere: true });
  expect(after("upstream_timeout")).toMatchObject({ waits: [], elsewhere: true, isBreakage: true });
});
