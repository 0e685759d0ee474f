import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openAndMigrate } from "~/db/open.ts";
import { makeMany } from "../../bench/many-requests.ts";
import { startApp } from "../helpers/app.ts";
import { openHouse } from "../record/house.ts";
import { scratch, zgate } from "./process.ts";

// Processes are waited for here, on a machine that may be busy.
setDefaultTimeout(60_000);

test("an export of a running server is what its dashboard exports, and filters by the names that people know", async () => {
  const app = await startApp();
  try {
    const env = { DATA_DIR: app.dataDir };
    await zgate(["keys", "create", "the north, at the quay", "--rights", "inference,reports"], env);
    const made = await zgate(["keys", "create", "reader", "--rights", "inference,reports", "--json"], env);
    const bearer = { headers: { Authorization: `Bearer ${JSON.parse(made.out).token}` } };
    await app.ask("What is 7 + 5?");
    await app.ask("What is 7 + 5?", {}, bearer);
    await app.ask("Is there such a model?", { model: "glm-99" }, bearer);
    await app.settled(3);

    for (const format of ["csv", "jsonl"]) {
      const page = await fetch(`${app.url}/admin/api/reports/export.${format}?range=1h`, bearer);
      expect(await zgate(["export", "--format", format], env)).toEqual({ code: 0, out: await page.text(), err: "" });
    }
    const rows = async (...args: string[]) => {
      const { out } = await zgate(["export", "--json", ...args], env);
      return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
    };
    expect(await rows("--key", "reader")).toMatchObject([{ status: 404 }, { status: 200, key: "reader" }]);
    expect(await rows("--key", "reader", "--outcome", "completed")).toHaveLength(1);
    expect(await rows("--key", "the north, at the quay")).toEqual([]);
    expect(await rows("--range", "24h", "--model", "glm-4.7")).toHaveLength(2);
    expect(await rows("--to", "2026-01-01")).toEqual([]);
  } finally {
    await app.stop();
  }
});

test("more rows than one question brings go into a file, newest first, and no file is ever overwritten", async () => {
  using folder = scratch();
  const env = { DATA_DIR: folder.path };
  const path = join(folder.path, "all.jsonl");
  await (await openHouse(folder.path)).close();
  const connection = openAndMigrate(join(folder.path, "zgate.db"));
  makeMany(connection, { rows: 1_100, days: 2, now: Date.UTC(2026, 10, 20, 9) });
  connection.close();

  const done = await zgate(["export", "--out", path, "--json"], env);
  expect(done).toMatchObject({ code: 0, err: "" });
  const text = readFileSync(path, "utf8");
  const times = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).accepted_at);
  expect(JSON.parse(done.out)).toEqual({ path, rows: times.length, bytes: Buffer.byteLength(text) });
  expect(times.length).toBe(rowsIn(folder.path));
  expect(times).toEqual([...times].sort().reverse());
  expect(statSync(path).mode & 0o777).toBe(0o600);

  expect(await zgate(["export", "--out", path], env)).toMatchObject({ code: 1, err: expect.stringContaining("never") });
  expect(readFileSync(path, "utf8")).toBe(text);
  const day = await zgate(["export", "--from", "2026-11-19", "--to", "2026-11-19", "--tz", "UTC", "--json"], env);
  const days = day.out.trimEnd().split("\n");
  expect(days.length).toBeGreaterThan(50);
  expect(days.every((line) => JSON.parse(line).accepted_at.startsWith("2026-11-19"))).toBe(true);
});

test("what makes no sense is said in a sentence, and leaves no file", async () => {
  using folder = scratch();
  const env = { DATA_DIR: folder.path };
  const said = async (...args: string[]) => {
    const { code, err } = await zgate(["export", ...args], env);
    return `${code} ${err}`;
  };
  expect(await said()).toMatch(/^1 .*There is no database/);
  await (await openHouse(folder.path)).close();
  expect(await said("--modell", "x")).toContain("did you mean '--model'?");
  expect(await said("--outcome", "faild")).toMatch(/^2 .*did you mean 'failed'/);
  expect(await said("--from", "yesterday")).toMatch(/^2 .*2026-11-22/);
  expect(await said("--tz", "Mars/Base")).toMatch(/^2 .*no time zone/);
  expect(await said("--format", "xlsx")).toMatch(/^2 .*csv or jsonl/);
  expect(await said("--key", "nobody")).toMatch(/^2 .*no key named/);
  expect(await said("--range", "7d", "--from", "2026-11-01")).toMatch(/^2 /);
  expect(await said("all.csv")).toMatch(/^2 .*--out/);
  expect(await said("--out", join(folder.path, "no/such/folder.csv"))).toMatch(/^1 /);

  const database = new Database(join(folder.path, "zgate.db"));
  database.run("PRAGMA user_version = 9999");
  database.close();
  expect(await said("--out", join(folder.path, "x.csv"))).toMatch(/^1 .*newer zgate/);
  expect(readdirSync(folder.path).filter((name) => /csv|partial/.test(name))).toEqual([]);
});

function rowsIn(dataDir: string): number {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  const [[rows]] = database.query("SELECT count(*) FROM requests").values() as [[number]];
  database.close();
  return rows;
}
