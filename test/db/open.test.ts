import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { migrations } from "~/db/migrations.ts";
import { databasePath, migrate, openAndMigrate, openReadOnly, prepareDataDir } from "~/db/open.ts";
import { StartError } from "~/errors.ts";
import * as schema from "../../drizzle/schema.ts";
import { dataFolder, openHouse } from "../record/house.ts";

// Other processes and locks are waited for here, on a machine that may be busy.
setDefaultTimeout(30_000);

test("the data folder and all that is in it are for its owner's eyes alone", async () => {
  using folder = dataFolder();
  const dataDir = join(folder.path, "new", "data");
  const store = await openHouse(dataDir);
  const modes = ["", "zgate.db", "zgate.db-wal", "zgate.db-shm", "zgate.lock", "zgate.sock"].map(
    (name) => statSync(join(dataDir, name)).mode & 0o777,
  );
  expect(modes).toEqual([0o700, 0o600, 0o600, 0o600, 0o600, 0o600]);
  await store.close();
});

test("the migrations lead to every table and column that code knows, all of them STRICT", () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  const { db, close } = openAndMigrate(path);
  const tables = Object.values(schema).filter((table) => is(table, SQLiteTable));
  expect(tables.length).toBeGreaterThan(9);
  for (const table of tables) expect(db.select().from(table).all()).toBeArray();
  close();
  const reader = openReadOnly(path);
  const strict = reader.sqlite
    .query("SELECT name FROM pragma_table_list WHERE strict = 1 AND schema = 'main'")
    .values();
  expect(strict.flat().sort()).toEqual(tables.map(getTableName).sort());
  reader.close();
});

test("drizzle/ and migrations/ say the same", async () => {
  const check = Bun.spawn(["bun", "scripts/check-migrations.ts"], { stdout: "pipe", stderr: "pipe" });
  expect(await new Response(check.stderr).text()).toBe("");
  expect(await check.exited).toBe(0);
});

test("a database of a newer zgate is refused and left as it is", () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  const { sqlite, close } = openAndMigrate(path);
  sqlite.run(`PRAGMA user_version = ${migrations.length + 1}`);
  close();
  expect(() => openAndMigrate(path)).toThrow(/was written by a newer zgate \(schema \d+, this one knows \d+\)/);
  expect(() => openAndMigrate(path)).toThrow(StartError);
});

test("a database of another program is refused", () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  const other = new Database(path);
  other.run("CREATE TABLE theirs (a)");
  other.close();
  expect(() => openAndMigrate(path)).toThrow(/is a database of another program/);
});

test("a damaged file is refused and left as it is", () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  openAndMigrate(path).close();
  const bytes = readFileSync(path);
  bytes.fill(0xee, 0, 200);
  writeFileSync(path, bytes);
  expect(() => openAndMigrate(path)).toThrow(/damaged or not a database; it was left as it is: restore a backup/);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("after an unclean stop a page that makes no sense is found", () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  const { sqlite, close } = openAndMigrate(path);
  const page = Number(
    sqlite.query("SELECT rootpage FROM sqlite_schema WHERE name = 'audit_log_subject'").values()[0]?.[0],
  );
  close();
  const bytes = readFileSync(path);
  bytes.fill(0xee, (page - 1) * 4096, page * 4096);
  writeFileSync(path, bytes);
  // Nobody reads that page at a clean start.
  openAndMigrate(path).close();
  // As a process that died leaves it; SQLite throws it away, since it holds nothing.
  writeFileSync(`${path}-wal`, "x".repeat(40));
  expect(() => openAndMigrate(path)).toThrow(/is damaged .*; it was left as it is: restore a backup/);
});

test("a file where the folder should be, and a folder that cannot be made, are one sentence", () => {
  using folder = dataFolder();
  writeFileSync(join(folder.path, "file"), "");
  expect(() => prepareDataDir(join(folder.path, "file"))).toThrow(StartError);
  expect(() => prepareDataDir("/proc/zgate")).toThrow(/the data folder \/proc\/zgate cannot be used by /);
});

test("a folder that the process may not write is one sentence that names folder and user", async () => {
  using folder = dataFolder();
  chmodSync(folder.path, 0o755);
  const dataDir = join(folder.path, "theirs");
  mkdirSync(dataDir, { mode: 0o555 });
  const isRoot = process.getuid?.() === 0;
  // Root writes everywhere; nobody does not.
  const become = isRoot ? "process.setgid(65534); process.setuid(65534);" : "";
  if (isRoot) chownSync(dataDir, 0, 0);
  const script = `
    import { prepareDataDir } from ${JSON.stringify(join(process.cwd(), "src/db/open.ts"))};
    ${become}
    try { prepareDataDir(${JSON.stringify(dataDir)}); console.log("writable"); } catch (error) { console.log(error.name, error.message); }`;
  const child = Bun.spawn(["bun", "-e", script], { stdout: "pipe", stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toMatch(
    /^StartError the data folder .*theirs cannot be used by (user \d+|\S+): .*EACCES.*sudo chown -R \d+:\d+ .*theirs/,
  );
});

test("a migration that fails leaves the database as it was, and a copy aside", () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  const { sqlite, close } = openAndMigrate(path);
  sqlite.run("INSERT INTO settings VALUES ('kept', '1', 0)");
  const broken = [...migrations, { tag: "broken", sql: "CREATE TABLE half (a); INSERT INTO nowhere VALUES (1)" }];
  expect(() => migrate(sqlite, path, broken)).toThrow(/no such table: nowhere/);
  expect(sqlite.query("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").values()).toEqual([[0]]);
  expect(sqlite.query("PRAGMA user_version").values()).toEqual([[migrations.length]]);
  close();
  const copy = new Database(`${path}.schema-${migrations.length}`, { readonly: true });
  expect(copy.query("SELECT name FROM settings").values()).toEqual([["kept"]]);
  expect(statSync(`${path}.schema-${migrations.length}`).mode & 0o777).toBe(0o600);
  copy.close();
});

test("the reader's connection cannot write", () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  openAndMigrate(path).close();
  const { sqlite, close } = openReadOnly(path);
  expect(() => sqlite.run("DELETE FROM settings")).toThrow(/readonly/);
  close();
});
