import { expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { openCaptures } from "~/capture/open.ts";
import { createRetention, type Keep } from "~/record/retention.ts";
import { checkDay, daysToCheck } from "~/record/rollup-check.ts";
import type { Store } from "~/record/store.ts";
import { makeMany } from "../../bench/many-requests.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { requests } from "../../drizzle/requests.ts";
import { openAndMigrate } from "../../src/db/open.ts";
import { dataFolder, openHouse } from "./house.ts";

// A month is made here, on a machine that may be busy.
setDefaultTimeout(30_000);

const now = Date.UTC(2026, 10, 22, 9, 41);
const dayMs = 86_400_000;
const clock = { now: () => now, tick: () => performance.now() };

/** Ten days of traffic behind a running store. */
async function openDays(path: string, rows = 3_000): Promise<Store> {
  await (await openHouse(path)).close();
  const connection = openAndMigrate(`${path}/zgate.db`);
  connection.sqlite.run("PRAGMA synchronous = OFF");
  makeMany(connection, { rows, days: 10, now });
  connection.close();
  return openHouse(path);
}

const rules = {
  captureAllowed: true,
  captureBodyBytes: 65_536,
  captureTotalBytes: 1024 ** 3,
  cacheDefaultTtlMs: 3_600_000,
};

const parts = ({ writer }: Store) => ({ writer, clock });

function retentionOf(store: Store, keep: Keep) {
  const { db, close } = store.openReader();
  const { captures } = openCaptures({ ...rules, captureDays: 3 }, { ...parts(store), db }, () => {});
  close();
  return createRetention({ writer: store.writer, clock, log: { warn() {}, info() {} }, keep, captures });
}

const count = (store: Store, sql: string): number => {
  const reader = store.openReader();
  const value = Number(reader.sqlite.query(sql).values()[0]?.[0]);
  reader.close();
  return value;
};

test("whole days that are too old go, their sums stay, and what is left still adds up", async () => {
  using folder = dataFolder();
  const store = await openDays(folder.path);
  const allOf =
    "select sum(completed + failed + aborted + rejected + lost) from cells where series_id = 1 and grain = 3";
  const all = count(store, allOf);
  // As if every request had been asked twice.
  const attempts = `insert into attempts (request_id, number, upstream, credential, model, started_ms, duration_ms)
    select id, 1, 'zai', 'ZAI_TOKEN', 'glm-4.7', 0, 1 from requests`;
  await store.writer.write([{ sql: attempts, params: [] }]);
  const pruned = await retentionOf(store, { rowDays: 4, maxBytes: null }).prune();

  expect(pruned.days).toEqual([
    "2026-11-12",
    "2026-11-13",
    "2026-11-14",
    "2026-11-15",
    "2026-11-16",
    "2026-11-17",
    "2026-11-18",
  ]);
  expect(count(store, "select min(accepted_at) from requests")).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 19));
  expect(count(store, "select count(*) from requests")).toBe(3_000 - pruned.rows);
  expect(count(store, "select count(*) from attempts")).toBe(3_000 - pruned.rows);
  expect(count(store, allOf)).toBe(all);
  expect(count(store, `select count(*) from cells where grain = 0 and starts_at < ${now - 3 * dayMs}`)).toBe(0);

  const reader = store.openReader();
  const days = daysToCheck(reader)!;
  expect(days.first * dayMs).toBe(Date.UTC(2026, 10, 19));
  for (let day = days.first; day <= days.last; day++) expect(checkDay(reader, day).differences).toEqual([]);
  reader.close();
  await store.close();
});

test("a database that is too large loses its oldest days, never today and yesterday, and shrinks", async () => {
  using folder = dataFolder();
  const store = await openDays(folder.path, 16_000);
  // Not the size of the file: a part of it may still stand in the log beside it. A megabyte may stay free.
  const before = count(store, "pragma page_count") * count(store, "pragma page_size");
  const pruned = await retentionOf(store, { rowDays: null, maxBytes: 1024 }).prune();
  expect(pruned.days.at(-1)).toBe("2026-11-20");
  expect(count(store, "select min(accepted_at) from requests")).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 21));
  expect(pruned.bytes).toBeGreaterThan(0);
  expect(count(store, "pragma freelist_count")).toBeLessThan(256);
  await store.close();
  expect(statSync(store.path).size).toBeLessThan(before);
});

test("bodies that were kept give way before any row does, and never outlive theirs", async () => {
  using folder = dataFolder();
  const store = await openDays(folder.path);
  const { db, close } = store.openReader();
  const ids = db.select({ id: requests.id }).from(requests).orderBy(requests.id).all();
  const { captures } = openCaptures({ ...rules, captureDays: 30 }, { ...parts(store), db }, () => {});
  close();
  const noise = () => Array.from({ length: 1_000 }, () => Math.random().toString(36).slice(2)).join(" ");
  for (const [at, { id }] of ids.entries()) {
    if (at % 10 > 0) continue;
    const tape = captures.tapeFor({ id: 1, capture: true } as KeyRow, id)!;
    tape.told(noise());
    tape.over();
  }
  await captures.settled();
  const whole = count(store, "select sum(bytes) from captures");
  const size = count(store, "pragma page_count") * count(store, "pragma page_size");
  const retention = (keep: Keep) =>
    createRetention({ writer: store.writer, clock, log: { warn() {}, info() {} }, keep, captures });

  // A third of the bodies is too much: they go, the oldest first, and every row stays.
  const third = await retention({ rowDays: null, maxBytes: size - Math.round(whole / 3) }).prune();
  expect(third).toMatchObject({ rows: 0, days: [] });
  expect(third.bytes).toBeGreaterThanOrEqual(whole / 3);
  const left = count(store, "select sum(bytes) from captures");
  expect(left).toBeGreaterThan(whole / 3);
  expect(left).toBeLessThan((whole * 3) / 4);
  expect(captures.stats().stored).toBe(left);
  expect(count(store, "select min(request_id) from captures")).toBeGreaterThan(ids[0]!.id);
  expect(count(store, "select max(request_id) from captures")).toBe(ids.at(-10)!.id);

  // Days of rows that are too old take their bodies along.
  await retention({ rowDays: 2, maxBytes: null }).prune();
  const oldest = count(store, "select min(id) from requests");
  expect(count(store, `select count(*) from captures where request_id < ${oldest}`)).toBe(0);
  expect(count(store, "select count(*) from captures")).toBeGreaterThan(0);

  // Where even the rows are too much, no body stays.
  await retention({ rowDays: null, maxBytes: 1024 }).prune();
  expect(count(store, "select count(*) from captures")).toBe(0);
  expect(count(store, "select count(*) from requests")).toBeGreaterThan(0);
  await captures.close();
  await store.close();
});

test("where nothing is bounded, nothing goes", async () => {
  using folder = dataFolder();
  const store = await openDays(folder.path);
  const pruned = await retentionOf(store, { rowDays: null, maxBytes: null }).prune();
  expect(pruned).toMatchObject({ days: [], rows: 0 });
  expect(count(store, "select count(*) from requests")).toBe(3_000);
  await store.close();
});
