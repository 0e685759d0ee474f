import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Connection } from "~/db/open.ts";
import { GatewayError } from "~/errors.ts";
import { cellId, type grainNames, minuteOfRequest } from "~/record/cell.ts";
import { checkDay, daysToCheck } from "~/record/rollup-check.ts";
import { repair } from "~/record/rollup-repair.ts";
import type { Store } from "~/record/store.ts";
import { arrival, dataFolder, openHouse, until } from "./house.ts";

// Processes are waited for here, on a machine that may be busy.
setDefaultTimeout(30_000);

const noon = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;

test("rows reach the cells in rounds, and live cells are the same bits as cells made anew", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  await traffic(store, noon, 200);
  const slow = await store.recorder.begin(arrival({ acceptedAt: noon + 15 * minute }));
  slow.facts.keyId = 2;
  await traffic(store, noon + 16 * minute, 200);
  await traffic(store, noon + 31 * minute, 200);
  // It ends behind the round that passed it.
  await slow.end("failed", new GatewayError("upstream_timeout", "late"));
  await traffic(store, noon + 46 * minute, 50);
  await store.close();

  const reader = store.openReader();
  expect(sumOfCells(reader)).toBeGreaterThan(550);
  expect(sumOfCells(reader) + waiting(reader)).toBe(651);
  expect(differencesOf(reader)).toEqual([]);
  reader.close();
});

test("a request that a crash cut short is counted as lost, once", async () => {
  using folder = dataFolder();
  const first = await openHouse(folder.path);
  await first.recorder.begin(arrival({ acceptedAt: noon }));
  await traffic(first, noon + minute, 20);
  await traffic(first, noon + 20 * minute, 20);
  await first.close();

  const second = await openHouse(folder.path);
  await traffic(second, noon + 40 * minute, 20);
  await second.close();
  const reader = second.openReader();
  expect(reader.sqlite.query("select lost from cells where id = ?").values(totalCell("day", noon))).toEqual([[1]]);
  expect(sumOfCells(reader) + waiting(reader)).toBe(61);
  expect(differencesOf(reader)).toEqual([]);
  reader.close();
});

test("refusals that share a row are counted one by one", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path, { foldRates: { perAddress: 2, inAll: 5 } });
  for (let n = 0; n < 40; n++) {
    const record = await store.recorder.begin(arrival({ address: "203.0.113.9", acceptedAt: noon }));
    await record.end("rejected", new GatewayError("unknown_key", "no"));
  }
  await traffic(store, Date.now() + 20 * minute, 30);
  await store.close();
  const reader = store.openReader();
  const total = Number(reader.sqlite.query("select sum(requests) from requests where outcome <> 0").values()[0]?.[0]);
  expect(total).toBe(70);
  expect(sumOfCells(reader) + waiting(reader)).toBe(70);
  expect(differencesOf(reader)).toEqual([]);
  reader.close();
});

test("a check finds every kind of damage, and a repair puts it right", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  await traffic(store, noon, 100);
  await traffic(store, noon + 20 * minute, 10);
  const reader = store.openReader();
  expect(differencesOf(reader)).toEqual([]);
  const day = totalCell("day", noon);
  await store.writer.write([
    { sql: "update cells set completed = completed + 1 where id = ?", params: [day] },
    { sql: "delete from cells where id = ?", params: [totalCell("hour", noon)] },
    { sql: "update cells set spread = x'0101' where id = ?", params: [totalCell("minute", noon + minute)] },
    {
      sql: "insert into cells select ?, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, x''",
      params: [totalCell("quarter", noon - 60 * minute)],
    },
  ]);
  const found = differencesOf(reader);
  expect(found.map(({ grain }) => grain).toSorted()).toEqual([0, 1, 2, 3]);
  await store.writer.write(repair(found));
  expect(differencesOf(reader)).toEqual([]);
  reader.close();
  await store.close();
});

test("a repair leaves a cell that has changed since it was read", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  await traffic(store, noon, 100);
  await traffic(store, noon + 20 * minute, 10);
  const reader = store.openReader();
  const params = [totalCell("day", noon)];
  await store.writer.write([{ sql: "update cells set failed = 7 where id = ?", params }]);
  const found = differencesOf(reader);
  await store.writer.write([{ sql: "update cells set failed = 8 where id = ?", params }]);
  await store.writer.write(repair(found));
  expect(reader.sqlite.query("select failed from cells where id = ?").values(...params)).toEqual([[8]]);
  reader.close();
  await store.close();
});

test("kill -9 in the middle of rounds: the sums are those of the rows", async () => {
  using folder = dataFolder();
  for (let kill = 0; kill < 3; kill++) {
    await loadUntilKilled(folder.path, noon + kill * 24 * 60 * minute, 1_500);
    const store = await openHouse(folder.path);
    const reader = store.openReader();
    expect(sumOfCells(reader)).toBeGreaterThan(1_000 * (kill + 1));
    const rows = Number(reader.sqlite.query("select count(*) from requests where outcome <> 0").values()[0]?.[0]);
    expect(sumOfCells(reader) + waiting(reader)).toBe(rows);
    expect(differencesOf(reader)).toEqual([]);
    reader.close();
    await store.close();
  }
});

/** Requests of four keys and three programs, a second apart. */
async function traffic(store: Store, from: number, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const record = await store.recorder.begin(
      arrival({
        acceptedAt: from + n * 1000,
        userAgent: ["curl/8.7.1", "OpenAI/JS 7.57.0", "OpenAI/JS 6.1.0"][n % 3]!,
      }),
    );
    Object.assign(record.facts, {
      keyId: 1 + (n % 4),
      modelAsked: "GLM-4.5",
      upstream: "zai",
      tokenSource: "upstream",
    });
    record.facts.status = n % 5 === 0 ? 502 : 200;
    record.facts.tokensOut = n;
    void record.end(
      n % 5 === 0 ? "failed" : "completed",
      n % 5 === 0 ? new GatewayError("upstream_error", "no") : undefined,
    );
  }
  await until(() => {
    const reader = store.openReader();
    const left = reader.sqlite.query("select count(*) from requests where outcome = 0 and id > 0").values()[0]?.[0];
    const rows = reader.sqlite.query("select count(*) from requests").values()[0]?.[0];
    reader.close();
    return store.recorder.stats().open <= Number(left) && Number(rows) > 0;
  });
}

async function loadUntilKilled(dataDir: string, from: number, count: number): Promise<void> {
  const story = join(import.meta.dir, "stories", "rollup-load.ts");
  const child = Bun.spawn(["bun", story, dataDir, String(from)], { stdout: "pipe", stderr: "inherit" });
  let lines = 0;
  for await (const bytes of child.stdout) {
    lines += bytes.filter((byte) => byte === 10).length;
    if (lines >= count) child.kill("SIGKILL");
  }
  await child.exited;
}

function differencesOf(reader: Connection) {
  const days = daysToCheck(reader)!;
  const all = [];
  for (let day = days.first; day <= days.last; day++) all.push(...checkDay(reader, day).differences);
  return all;
}

/** Requests in the cells, by the days of the total. */
function sumOfCells({ sqlite }: Connection): number {
  const [[sum]] = sqlite
    .query("select sum(completed + failed + aborted + rejected + lost) from cells where series_id = 1 and grain = 3")
    .values() as [[number]];
  return sum;
}

/** Requests that have ended and are not in the cells yet. */
function waiting({ sqlite }: Connection): number {
  const [[sum]] = sqlite
    .query(
      `select coalesce(sum(requests), 0) from requests where outcome <> 0 and
       (id >= (select value from rollup_marks where name = 'rolled') or id in (select id from late_requests))`,
    )
    .values() as [[number]];
  return sum;
}

/** The total is the first series that there ever is. */
function totalCell(grain: (typeof grainNames)[number], at: number): number {
  return cellId(1, grain, at / minute);
}

test("a request belongs to the minute of its id", () => {
  expect(minuteOfRequest(0)).toBe(Date.UTC(2025, 0, 1) / minute);
});
