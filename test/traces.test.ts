import { afterAll, beforeAll, expect, test } from "bun:test";
import { createExporter } from "~/traces/exporter.ts";
import type { Span } from "~/traces/otlp.ts";
import { type App, startApp } from "./helpers/app.ts";

interface Sent {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code: number; message: string };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** A collector on a real socket, that takes what it is told to. */
function startCollector() {
  const spans: Sent[] = [];
  const requests: { path: string; headers: Headers; body: string }[] = [];
  const collector = { spans, requests, status: 200, stop: () => server.stop(true), url: "" };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const body = await request.text();
      requests.push({ path: new URL(request.url).pathname, headers: request.headers, body });
      if (collector.status !== 200) return new Response("no", { status: collector.status });
      for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      return Response.json({});
    },
  });
  collector.url = `http://127.0.0.1:${server.port}`;
  return collector;
}

const attributesOf = (span: Sent) =>
  Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

let collector: ReturnType<typeof startCollector>;
let app: App;
beforeAll(async () => {
  collector = startCollector();
  app = await startApp({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=open%20sesame",
      OTEL_SERVICE_NAME: "quay",
      TRACE_CONTEXT: "pass-on",
      RETRY_BUDGET: "5",
    },
  });
});
afterAll(async () => {
  await app.stop();
  collector.stop();
});

/** The spans of one request: a stop sends what waits. */
async function spansOf(act: () => Promise<Response>): Promise<Sent[]> {
  collector.spans.length = 0;
  await (await act()).text();
  await app.restart();
  return collector.spans;
}

test("a request is a span, its call one below it, and both say what the row says", async () => {
  const spans = await spansOf(() => app.ask("What is 7 + 5?"));
  expect(spans.map(({ name, kind }) => [name, kind])).toEqual([
    ["POST /v1/chat/completions", 2],
    [expect.stringMatching(/^call /), 3],
  ]);
  const [request, call] = spans as [Sent, Sent];
  expect(request.parentSpanId).toBeUndefined();
  expect(call).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
  expect(request.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(call.spanId).toMatch(/^[0-9a-f]{16}$/);
  const row = app.rows().at(-1)!;
  expect(attributesOf(request)).toMatchObject({
    "http.response.status_code": "200",
    "gen_ai.request.model": "glm-4.7",
    "gen_ai.usage.input_tokens": String(row.tokens_in),
    "zgate.outcome": "completed",
    "zgate.request_id": `req_${row.id.toString(36)}`,
  });
  // The call lies within the request, and the request is as long as its row says.
  const nanos = (text: string) => BigInt(text);
  expect(nanos(call.startTimeUnixNano) >= nanos(request.startTimeUnixNano)).toBe(true);
  expect(nanos(call.endTimeUnixNano) <= nanos(request.endTimeUnixNano)).toBe(true);
  const tookMs = Number(nanos(request.endTimeUnixNano) - nanos(request.startTimeUnixNano)) / 1e6;
  expect(Math.abs(tookMs - Number(row.duration_ms))).toBeLessThanOrEqual(1);

  const { path, headers, body } = collector.requests.at(-1)!;
  expect([path, headers.get("x-collector-key")]).toEqual(["/v1/traces", "open sesame"]);
  expect(body).toContain('{"key":"service.name","value":{"stringValue":"quay"}}');
  expect(body).not.toContain(app.key);
  expect(body).not.toContain("7 + 5");
});

test("every call of a request that was tried again is a span of its own, and a failure is one", async () => {
  const spans = await spansOf(() => app.ask("[[scenario:e429_1302_then_ok]]"));
  const [request, ...calls] = spans as [Sent, ...Sent[]];
  expect(calls.map((call) => [call.parentSpanId, call.status?.code])).toEqual([
    [request.spanId, 2],
    [request.spanId, undefined],
  ]);
  expect(attributesOf(calls[0]!)).toMatchObject({ "zgate.attempt": "1", "http.response.status_code": "429" });
  expect(attributesOf(request)).toMatchObject({ "zgate.outcome": "completed", "zgate.attempts": "2" });
  const [failed] = (await spansOf(() => app.ask("[[scenario:e429_1113]]"))) as [Sent];
  expect(failed.status).toEqual({ code: 2, message: "insufficient_quota" });
});

test("a client's trace goes on here and at the upstream, and one that nobody keeps is not sent", async () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const traced = (flags: string) => ({ headers: { traceparent: `00-${trace}-b7ad6b7169203331-${flags}` } });
  const [request, call] = (await spansOf(() => app.ask("What is 7 + 5?", {}, traced("01")))) as [Sent, Sent];
  expect(request).toMatchObject({ traceId: trace, parentSpanId: "b7ad6b7169203331" });
  const heard = app.simulator.requests().at(-1)!.headers;
  expect(new Headers(heard).get("traceparent")).toBe(`00-${trace}-${call.spanId}-01`);
  expect(await spansOf(() => app.ask("What is 7 + 5?", {}, traced("00")))).toEqual([]);
});

test("unless its owner wants it, a client's trace is not believed and the upstream hears of none", async () => {
  await app.restart({ TRACE_CONTEXT: "ignore" });
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const spans = await spansOf(() =>
    app.ask("What is 7 + 5?", {}, { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } }),
  );
  expect(spans[0]?.traceId).not.toBe(trace);
  expect(new Headers(app.simulator.requests().at(-1)!.headers).has("traceparent")).toBe(false);
});

test("a collector that is down or refuses keeps nobody waiting, and is told when it is back", async () => {
  collector.status = 503;
  expect((await app.ask("What is 7 + 5?")).status).toBe(200);
  await app.restart();
  expect(app.log.join("")).toContain("traces do not reach their collector (HTTP 503)");
  collector.status = 200;
});

const span: Span = {
  ...{ traceId: "1".repeat(32), spanId: "2".repeat(16), parentId: null, name: "POST /v1/messages", kind: "server" },
  ...{ startMs: 1, endMs: 2, error: null, attributes: {} },
};

test("spans wait for a collector that is away, up to a bound, and what does not fit is counted", async () => {
  let status = 0;
  let sent = 0;
  const exporter = createExporter({
    async send(body) {
      if (status === 200) sent += body.split('"traceId"').length - 1;
      return status;
    },
    resource: {},
    log: { warn() {}, info() {} },
    gatherMs: 1,
    pausesMs: [5],
  });
  for (let at = 0; at < 5_000; at++) exporter.add(span);
  expect(exporter.dropped()).toBe(5_000 - 4_096);
  status = 200;
  while (sent < 4_096) await Bun.sleep(1);
  exporter.add(span);
  await exporter.close();
  expect(sent).toBe(4_097);
});

test("a batch that the collector refuses for what it is does not hold up the others", async () => {
  const statuses = [400, 200];
  const bodies: string[] = [];
  const exporter = createExporter({
    async send(body) {
      bodies.push(body);
      return statuses.shift() ?? 200;
    },
    resource: {},
    log: { warn() {}, info() {} },
    gatherMs: 1,
    pausesMs: [1],
  });
  exporter.add({ ...span, name: "first" });
  while (bodies.length < 1) await Bun.sleep(1);
  exporter.add({ ...span, name: "second" });
  while (bodies.length < 2) await Bun.sleep(1);
  expect(bodies[1]).not.toContain("first");
  expect(exporter.dropped()).toBe(1);
  await exporter.close();
});
