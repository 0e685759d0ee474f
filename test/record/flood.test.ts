import { expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
import { holdClock } from "../helpers/clock.ts";
import { arrival, dataFolder, openHouse, readRows } from "./house.ts";

const unknownKey = new GatewayError("unknown_key", "no such key");

test("counts every refused stranger of a flood in a few rows", async () => {
  using folder = dataFolder();
  const clock = holdClock();
  const store = await openHouse(folder.path, { clock, foldRates: { perAddress: 5, inAll: 12 } });
  const ends: Promise<void>[] = [];
  for (let n = 0; n < 300; n++) {
    const record = await store.recorder.begin(
      arrival({
        acceptedAt: clock.now(),
        acceptedTick: clock.tick(),
        address: n % 3 === 0 ? "198.51.100.1" : `2001:db8:0:${n % 4}::${n.toString(16)}`,
        userAgent: `flood/${n}`,
        path: `/v1/${n}`,
      }),
    );
    record.facts.modelAsked = `model ${n}`;
    // Every other one takes so long to refuse that its running row stands already.
    if (n % 20 === 0) await Bun.sleep(12);
    ends.push(record.end("rejected", unknownKey));
  }
  await Promise.all(ends);

  const rows = readRows(store);
  expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(300);
  expect(rows.filter((row) => row.requests === 1).length).toBeLessThanOrEqual(12 + 3);
  expect(rows.length).toBeLessThanOrEqual(12 + 4);
  expect(new Set(rows.map((row) => `${row.outcome} ${row.errorKind} ${row.status}`))).toEqual(
    new Set(["rejected unknown_key 401"]),
  );
  // Their words make no new ids.
  expect(new Set(rows.map((row) => row.userAgent?.family))).toEqual(new Set(["other"]));
  expect(new Set(rows.map((row) => row.path))).toEqual(new Set(["other"]));
  expect(new Set(rows.map((row) => row.modelAsked))).toEqual(new Set([undefined, "other"]));
  await store.close();
});

test("a minute later the count begins anew, in rows of that minute", async () => {
  using folder = dataFolder();
  const clock = holdClock();
  const store = await openHouse(folder.path, { clock, foldRates: { perAddress: 1, inAll: 100 } });
  for (let n = 0; n < 6; n++) {
    if (n === 3) clock.pass(60_000);
    const record = await store.recorder.begin(arrival({ acceptedAt: clock.now(), acceptedTick: clock.tick() }));
    await record.end("rejected", unknownKey);
  }
  const rows = readRows(store);
  expect(rows.map((row) => row.requests)).toEqual([1, 2, 1, 2]);
  expect(rows[3]!.acceptedAt! - rows[1]!.acceptedAt!).toBe(60_000);
  expect(rows[1]).toMatchObject({ durationMs: null, overheadUs: null });
  await store.close();
});

test("who shows a key is never folded, nor who is answered without one", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path, { foldRates: { perAddress: 0, inAll: 0 } });
  const keyed = await store.recorder.begin(arrival());
  keyed.facts.keyId = 9;
  await keyed.end("rejected", new GatewayError("rate_limited", "slow down"));
  const answered = await store.recorder.begin(arrival({ path: "/v1/models" }));
  await answered.end("completed");
  expect(readRows(store)).toMatchObject([
    { requests: 1, keyId: 9, errorKind: "rate_limited" },
    { requests: 1, keyId: null, path: "/v1/models" },
  ]);
  await store.close();
});
