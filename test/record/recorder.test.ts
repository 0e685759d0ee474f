import { expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
import { idOfRequestId } from "~/record/request-id.ts";
import { holdClock } from "../helpers/clock.ts";
import { arrival, dataFolder, openHouse, readRows, until } from "./house.ts";

test("keeps what is known of a request, and its row stands when end resolves", async () => {
  using folder = dataFolder();
  const clock = holdClock();
  const store = await openHouse(folder.path, { clock });
  const record = await store.recorder.begin(
    arrival({ acceptedAt: clock.now(), acceptedTick: clock.tick(), clientRequestId: "job 17" }),
  );
  Object.assign(record.facts, {
    keyId: 3,
    secretId: 4,
    modelAsked: "GLM-4.5",
    modelServed: "glm-4.5",
    upstream: "zai",
  });
  Object.assign(record.facts, { status: 200, stream: true, attempts: 2, queuedMs: 5, upstreamMs: 1195 });
  Object.assign(record.facts, { tokensIn: 100, tokensOut: 20, tokensCached: 64, tokenSource: "upstream", bytesOut: 9 });
  clock.pass(400);
  record.facts.upstreamHeadersTick = clock.tick();
  clock.pass(300);
  record.facts.firstTokenTick = clock.tick();
  clock.pass(502);
  await record.end("completed");

  const [row, ...others] = readRows(store);
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    id: record.id,
    outcome: "completed",
    acceptedAt: clock.now() - 1202,
    requests: 1,
    keyId: 3,
    secretId: 4,
    modelAsked: "GLM-4.5",
    path: "/v1/chat/completions",
    address: "192.0.2.7",
    clientRequestId: "job 17",
    stream: true,
    status: 200,
    errorKind: null,
    attempts: 2,
    queuedMs: 5,
    upstreamHeadersMs: 400,
    firstTokenMs: 700,
    durationMs: 1202,
    overheadUs: 2000,
    tokensIn: 100,
    tokensOut: 20,
    tokensCached: 64,
    tokensReasoning: 0,
    tokenSource: "upstream",
    bytesOut: 9,
  });
  expect(row?.userAgent).toMatchObject({ family: "openai-node", version: "7.57.0" });
  expect(idOfRequestId(record.requestId)).toBe(record.id);
  await store.close();
});

test("the row of a running request stands before its end", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  const record = await store.recorder.begin(arrival());
  await until(() => readRows(store).length === 1);
  expect(readRows(store)[0]).toMatchObject({ id: record.id, outcome: "running", durationMs: null });
  await record.end("aborted");
  expect(readRows(store)[0]).toMatchObject({ id: record.id, outcome: "aborted" });
  await store.close();
});

test("the first ending wins", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  const record = await store.recorder.begin(arrival());
  record.facts.keyId = 1;
  const first = record.end("failed", new GatewayError("upstream_timeout", "silent", { upstreamCode: "HTTP 504" }));
  const second = record.end("completed");
  await Promise.all([first, second]);
  expect(readRows(store)).toMatchObject([
    { outcome: "failed", errorKind: "upstream_timeout", errorText: "HTTP 504", status: 504 },
  ]);
  await store.close();
});

test("what still runs at the end of a process is lost at the next start", async () => {
  using folder = dataFolder();
  const first = await openHouse(folder.path);
  const record = await first.recorder.begin(arrival());
  await first.close();
  const second = await openHouse(folder.path);
  expect(readRows(second)).toMatchObject([{ id: record.id, outcome: "lost" }]);
  expect(second.said.join()).toContain("1 requests were running");
  await second.close();
});

test("ids grow across a restart, even when the clock was set back", async () => {
  using folder = dataFolder();
  const clock = holdClock();
  const first = await openHouse(folder.path, { clock });
  const before = await first.recorder.begin(arrival({ acceptedAt: clock.now(), acceptedTick: clock.tick() }));
  await before.end("completed");
  await first.close();
  clock.jumpTo(clock.now() - 3_600_000);
  const second = await openHouse(folder.path, { clock });
  const after = await second.recorder.begin(arrival({ acceptedAt: clock.now(), acceptedTick: clock.tick() }));
  await after.end("completed");
  expect(after.id).toBeGreaterThan(before.id);
  expect(readRows(second)[1]).toMatchObject({ id: after.id, acceptedAt: clock.now(), skewMs: 3_600_000 });
  await second.close();
});

test("a thousand requests at once are a thousand rows", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  const outcomes = ["completed", "failed", "aborted"] as const;
  await Promise.all(
    Array.from({ length: 1000 }, async (_, n) => {
      const record = await store.recorder.begin(arrival());
      record.facts.keyId = 1 + (n % 3);
      if (n % 2 === 0) await Bun.sleep(n % 20);
      await record.end(outcomes[n % 3]!);
    }),
  );
  const rows = readRows(store);
  expect(rows.length).toBe(1000);
  expect(new Set(rows.map((row) => row.id)).size).toBe(1000);
  expect(rows.filter((row) => row.outcome === "running")).toEqual([]);
  expect(store.recorder.stats()).toEqual({ open: 0, waiting: 0, unrecorded: 0 });
  await store.close();
});

test("a full queue makes a request wait at the door, and drops none", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path, { places: 2 });
  const first = await store.recorder.begin(arrival());
  const second = await store.recorder.begin(arrival());
  let hasEntered = false;
  const third = store.recorder.begin(arrival()).then((record) => {
    hasEntered = true;
    return record;
  });
  await Bun.sleep(20);
  expect(hasEntered).toBe(false);
  expect(store.recorder.stats()).toMatchObject({ open: 2, waiting: 1 });
  await first.end("completed");
  await (await third).end("completed");
  await second.end("completed");
  expect(readRows(store).length).toBe(3);
  await store.close();
});

test("a row that SQLite refuses fails alone", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  const [good, bad] = await Promise.all([store.recorder.begin(arrival()), store.recorder.begin(arrival())]);
  // No whole number: the STRICT table refuses it.
  bad.facts.keyId = 1.5;
  const [kept, refused] = await Promise.allSettled([good.end("completed"), bad.end("completed")]);
  expect(kept.status).toBe("fulfilled");
  expect(refused).toMatchObject({ status: "rejected", reason: { kind: "internal_error" } });
  expect(store.healthy()).toBe(true);
  expect(readRows(store)).toMatchObject([{ id: good.id, outcome: "completed" }]);
  await store.close();
});

test("DURABILITY=async answers before the commit, and commits all the same", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path, { durability: "async" });
  const record = await store.recorder.begin(arrival());
  record.facts.keyId = 1;
  await record.end("completed");
  expect(readRows(store)).toEqual([]);
  await store.close();
  const again = await openHouse(folder.path);
  expect(readRows(again)).toMatchObject([{ id: record.id, outcome: "completed" }]);
  await again.close();
});

test("numbers that make no sense become ones that do", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  const record = await store.recorder.begin(arrival());
  Object.assign(record.facts, {
    keyId: 1,
    tokensIn: Number.NaN,
    tokensOut: -5,
    tokensCached: 1e300,
    tokenSource: "upstream",
  });
  Object.assign(record.facts, { upstreamMs: 1e9, errorText: "a\u0000b\u202e\ud800".padEnd(2000, "é") });
  await record.end("completed");
  const [row] = readRows(store);
  expect(row).toMatchObject({ tokensIn: 0, tokensOut: 0, tokensCached: Number.MAX_SAFE_INTEGER, overheadUs: 0 });
  expect(Buffer.byteLength(row?.errorText ?? "")).toBeLessThanOrEqual(256);
  expect(row?.errorText).toStartWith("a b \ufffd");
  await store.close();
});
