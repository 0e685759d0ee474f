import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { openAndMigrate, openReadOnly } from "~/db/open.ts";
import { checkDay, daysToCheck } from "~/record/rollup-check.ts";
import { makeMany } from "../../bench/many-requests.ts";
import { signIn } from "../dashboard/owner.ts";
import { startApp } from "../helpers/app.ts";
import { openHouse } from "../record/house.ts";
import { scratch, zgate } from "./process.ts";

// Processes are waited for here, on a machine that may be busy.
setDefaultTimeout(60_000);

const now = Date.UTC(2026, 10, 20, 9);

/** Two days of traffic in a data folder. */
async function withTraffic(dataDir: string): Promise<void> {
  const store = await openHouse(dataDir);
  await store.close();
  const connection = openAndMigrate(join(dataDir, "zgate.db"));
  makeMany(connection, { rows: 400, days: 2, now });
  connection.close();
}

function change<T>(dataDir: string, work: (database: Database) => T): T {
  const database = new Database(join(dataDir, "zgate.db"));
  database.run("PRAGMA busy_timeout = 5000");
  try {
    return work(database);
  } finally {
    database.close();
  }
}

test("rollup verify finds a cell that is wrong, and rebuild puts it right, without a server and with one", async () => {
  using folder = scratch();
  const env = { DATA_DIR: folder.path };
  await withTraffic(folder.path);
  const fine = await zgate(["rollup", "verify"], env);
  expect(fine).toMatchObject({ code: 0, err: "" });
  expect(fine.out).toMatch(/2026-11-19 {2}\d+ rows {2}\d+ cells {2}0 differ/);
  expect(fine.out).toEndWith("\n0 rows wait for the rollup");

  const json = JSON.parse((await zgate(["rollup", "verify", "--json"], env)).out);
  expect(json).toMatchObject({ same: true, waiting: 0 });
  expect(json.days).toContainEqual(expect.objectContaining({ date: "2026-11-19", differ: 0, put_right: 0 }));

  const damage = () =>
    change(folder.path, (database) => database.run("update cells set completed = completed + 1 where grain = 3"));
  damage();
  expect((await zgate(["rollup", "verify"], env)).code).toBe(1);
  expect((await zgate(["rollup", "rebuild"], env)).code).toBe(0);
  expect((await zgate(["rollup", "verify"], env)).code).toBe(0);

  const app = await startApp({ env: { ...env, RETENTION_DAYS: "0" } });
  try {
    damage();
    expect((await zgate(["rollup", "verify", "--from", "2026-11-20"], env)).code).toBe(1);
    expect((await zgate(["rollup", "rebuild"], env)).code).toBe(0);
    expect((await zgate(["rollup", "verify"], env)).code).toBe(0);
  } finally {
    await app.stop();
  }
  expect((await zgate(["rollup", "mend"], env)).code).toBe(2);
  expect((await zgate(["rollup", "verify", "--from", "yesterday"], env)).code).toBe(2);
});

test("costs recompute writes today's prices into rows and sums", async () => {
  using folder = scratch();
  const env = { DATA_DIR: folder.path };
  await withTraffic(folder.path);
  const costs = () =>
    change(folder.path, (database) => [
      ...database.query("select cost_nano, cost_currency from requests order by id").values(),
      ...database
        .query("select cost_usd_nano, cost_cny_nano, unpriced from cells where series_id = 1 order by id")
        .values(),
    ]);
  const before = costs();
  expect((await zgate(["costs", "recompute"], env)).code).toBe(0);
  // The listed prices made them in the first place.
  expect(costs()).toEqual(before);

  change(folder.path, (database) =>
    database.run("insert into prices values ('glm-4.7', 'CNY', 2000000, 1000000, 8000000, '2026-11-20')"),
  );
  const json = await zgate(["costs", "recompute", "--from", "2026-11-01", "--json"], env);
  expect(json.code).toBe(0);
  expect(JSON.parse(json.out)).toMatchObject({ recomputed: expect.any(Number), same: true });
  const wrong = change(folder.path, (database) =>
    database
      .query(
        `select count(*) from requests r join names m on m.id = coalesce(model_served_id, model_asked_id)
         where token_source <> 0 and m.value = 'glm-4.7' and (cost_currency <> 2 or
         cost_nano <> round(((tokens_in - tokens_cached) * 2000000 + tokens_cached * 1000000 + tokens_out * 8000000) / 1000.0))`,
      )
      .values(),
  );
  expect(wrong).toEqual([[0]]);
  expect((await zgate(["rollup", "verify"], env)).code).toBe(0);
  const sums = change(folder.path, (database) =>
    database
      .query(
        `select (select sum(cost_nano) from requests where cost_currency = 2),
                (select sum(cost_cny_nano) from cells where series_id = 1 and grain = 3)`,
      )
      .values(),
  );
  expect(sums[0]![0]).toBe(sums[0]![1]!);
  const deeds = await audited(env);
  expect(deeds.map(({ actor, action }) => [actor, action])).toEqual(Array(2).fill(["command line", "costs.recompute"]));
});

test("costs are computed by the server as well, while it runs, and their sums after them", async () => {
  using folder = scratch();
  await withTraffic(folder.path);
  const app = await startApp({ env: { DATA_DIR: folder.path, RETENTION_DAYS: "0" } });
  try {
    const owner = await signIn(app);
    const headers = {
      cookie: owner.cookie,
      "x-csrf-token": owner.csrf,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
    };
    const api = async (method: string, path: string, body?: unknown) => {
      const said = await fetch(`${app.url}/admin/api${path}`, {
        method,
        headers,
        body: body ? JSON.stringify(body) : undefined,
      });
      return (await said.json()) as { state: string; days: { done: number; all: number } };
    };
    await api("PUT", "/prices/glm-4.7", { currency: "CNY", input: 2, cached: 1, output: 8 });
    expect((await api("POST", "/costs/recompute", {})).state).toBe("running");
    let now = await api("GET", "/costs");
    while (now.state === "running") now = await api("GET", "/costs");
    expect([now.state, now.days.done]).toEqual(["done", now.days.all]);
  } finally {
    await app.stop();
  }
  const reader = openReadOnly(join(folder.path, "zgate.db"));
  const { first, last } = daysToCheck(reader)!;
  for (let day = first; day <= last; day++) expect(checkDay(reader, day).differences).toEqual([]);
  reader.close();
  const sums = change(folder.path, (database) =>
    database
      .query(
        `select (select sum(cost_nano) from requests where cost_currency = 2),
                (select sum(cost_cny_nano) from cells where series_id = 1 and grain = 3)`,
      )
      .values(),
  );
  expect(Number(sums[0]![0])).toBeGreaterThan(0);
  expect(sums[0]![0]).toBe(sums[0]![1]!);
});

test("prune takes days away, by the command line or by the server", async () => {
  using folder = scratch();
  const env = { DATA_DIR: folder.path };
  await withTraffic(folder.path);
  const app = await startApp({ env: { ...env, RETENTION_DAYS: "0" } });
  try {
    const pruned = await zgate(["prune", "--keep-days", "1", "--json"], env);
    expect(pruned).toMatchObject({ code: 0, err: "" });
    // The last day is not whole yet: it stays.
    const { days, rows } = JSON.parse(pruned.out);
    expect(days).toEqual(["2026-11-18", "2026-11-19"]);
    expect((await audited(env))[0]).toMatchObject({ action: "rows.prune", after: { days, rows } });
  } finally {
    await app.stop();
  }
  expect((await zgate(["prune", "--keep-days", "0"], env)).code).toBe(2);
  expect((await zgate(["prune", "--keep-days", "0x5"], env)).code).toBe(2);
  expect((await zgate(["prune", "--max-size", "tiny"], env)).code).toBe(2);
  expect((await zgate(["rollup", "verify"], env)).code).toBe(0);
});

async function audited(env: Record<string, string>) {
  const told = await zgate(["admin", "audit", "--json"], env);
  return JSON.parse(told.out).data as { actor: string; action: string; after: unknown }[];
}
