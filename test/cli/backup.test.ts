import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBackups } from "~/backups.ts";
import { startApp } from "../helpers/app.ts";
import { openHouse } from "../record/house.ts";
import { scratch, zgate } from "./process.ts";

test("a backup of a running server, restored elsewhere, has the same rows and the same keys", async () => {
  using folder = scratch();
  const app = await startApp();
  try {
    const made = await zgate(["keys", "create", "traveller", "--json"], { DATA_DIR: app.dataDir });
    const { token } = JSON.parse(made.out);
    await app.ask("What is 7 + 5?");
    await app.settled(1);
    const to = join(folder.path, "copies", "one.db");
    const backup = await zgate(["backup", "--to", to, "--with-secret", "--json"], { DATA_DIR: app.dataDir });
    expect(backup).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(backup.out)).toMatchObject({ path: to, requests: 1 });
    const audit = await zgate(["admin", "audit", "--limit", "1", "--json"], { DATA_DIR: app.dataDir });
    const deed = { actor: "command line", action: "backup.make", after: { to, with_secret: true } };
    expect(JSON.parse(audit.out).data[0]).toMatchObject(deed);
    // Nobody but its owner may read either file.
    for (const path of [to, join(folder.path, "copies", "one.secret.key")]) {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }

    const moved = join(folder.path, "moved");
    expect(await zgate(["restore", to, "--to", moved])).toMatchObject({ code: 0, err: "" });
    const rows = (dataDir: string) => {
      const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
      const all = database.query("SELECT * FROM requests").all();
      database.close();
      return all;
    };
    expect(rows(moved)).toEqual(rows(app.dataDir));
    await app.restart({ DATA_DIR: moved });
    const response = await app.ask("What is 7 + 5?", {}, { headers: { Authorization: `Bearer ${token}` } });
    expect(response.status).toBe(200);
  } finally {
    await app.stop();
  }
});

test("a stored credential still opens its upstream behind a move", async () => {
  using folder = scratch();
  const app = await startApp();
  try {
    const env = { DATA_DIR: app.dataDir };
    const token = `stored.${crypto.randomUUID()}`;
    const added = await zgate(["upstreams", "add", "main", app.simulator.zaiUrl, "--token", token], env);
    expect(added).toMatchObject({ code: 0, err: "" });
    const to = join(folder.path, "copy.db");
    await zgate(["backup", "--to", to, "--with-secret"], env);
    expect(readFileSync(to).includes(token)).toBe(false);
    const moved = join(folder.path, "moved");
    await zgate(["restore", to, "--to", moved]);
    // Nothing in the environment: what answers is what was stored.
    await app.restart({ DATA_DIR: moved, UPSTREAM_URL: "", ZAI_TOKEN: "" });
    expect((await app.ask("What is 7 + 5?")).status).toBe(200);
    // Without its master secret it does not start, and makes none.
    await app.zgate.close(0);
    rmSync(join(moved, "secret.key"));
    await expect(app.restart({ DATA_DIR: moved })).rejects.toThrow(/master secret is missing/i);
    expect(existsSync(join(moved, "secret.key"))).toBe(false);
  } finally {
    await app.stop();
  }
});

test("a backup says which master secret it needs, and is never written over a file", async () => {
  using folder = scratch();
  const app = await startApp();
  try {
    const to = join(folder.path, "copy.db");
    const env = { DATA_DIR: app.dataDir };
    const first = await zgate(["backup", "--to", to], env);
    expect(first.out).toContain(`the master secret: ${join(app.dataDir, "secret.key")}`);
    expect(existsSync(join(folder.path, "copy.secret.key"))).toBe(false);
    const bytes = readFileSync(to);
    expect(await zgate(["backup", "--to", to], env)).toMatchObject({
      code: 1,
      err: expect.stringContaining("already"),
    });
    expect(readFileSync(to).equals(bytes)).toBe(true);
  } finally {
    await app.stop();
  }
});

test("a backup without a server opens the file itself, and by default goes to the data folder", async () => {
  const app = await startApp();
  try {
    await app.zgate.close(0);
    const env = { DATA_DIR: app.dataDir };
    expect(await zgate(["backup"], env)).toMatchObject({ code: 0 });
    const names = readdirSync(join(app.dataDir, "backups"));
    expect(names).toEqual([expect.stringMatching(/^zgate-\d{8}-\d{6}\.db$/)]);
  } finally {
    await app.stop();
  }
});

test("restore overwrites nothing and takes no damaged, foreign or unfitting file", async () => {
  using folder = scratch();
  const app = await startApp();
  const at = (name: string) => join(folder.path, name);
  try {
    await zgate(["backup", "--to", at("good.db"), "--with-secret"], { DATA_DIR: app.dataDir });
    mkdirSync(at("full"));
    writeFileSync(at("full/zgate.db"), "mine");
    expect(await zgate(["restore", at("good.db"), "--to", at("full")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("is there already"),
    });
    expect(readFileSync(at("full/zgate.db"), "utf8")).toBe("mine");

    const broken = readFileSync(at("good.db"));
    broken.fill(0xee, 4096 * 3, 4096 * 9);
    writeFileSync(at("broken.db"), broken);
    expect(await zgate(["restore", at("broken.db"), "--to", at("new")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("damaged"),
    });
    writeFileSync(at("note.db"), "not a database at all, but long enough to have been one".repeat(100));
    expect((await zgate(["restore", at("note.db"), "--to", at("new")])).code).toBe(1);

    writeFileSync(at("other.key"), `${"k".repeat(64)}\n`);
    expect(await zgate(["restore", at("good.db"), "--to", at("new"), "--secret", at("other.key")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("is not the one"),
    });
    expect(existsSync(at("new/zgate.db"))).toBe(false);

    rmSync(at("good.secret.key"));
    const alone = await zgate(["restore", at("good.db"), "--to", at("new")]);
    expect(alone.out).toContain("The master secret is missing");
  } finally {
    await app.stop();
  }
});

test("the schedule writes, checks and keeps so many", async () => {
  using folder = scratch();
  for (const day of ["01", "02", "03"]) writeFileSync(join(folder.path, `zgate-auto-202601${day}-000000.db`), "old");
  writeFileSync(join(folder.path, "zgate-20260101-000000.db"), "by hand");
  const app = await startApp();
  try {
    await app.zgate.close(0);
    const store = await openHouse(app.dataDir);
    const settings = { dataDir: app.dataDir, zgateSecret: null, backupDir: folder.path, backupEveryMs: 3_600_000 };
    const lines: string[] = [];
    const line = (text: string) => lines.push(text);
    const log = { debug: line, info: line, warning: line, error: line, critical: line };
    const now = () => Date.parse("2026-02-01T00:00:00Z");
    const clock = { now, tick: () => performance.now() };
    const backups = createBackups({ ...settings, backupKeep: 2 }, store, clock, log);
    await backups.makeNow();
    backups.stop();
    expect(readdirSync(folder.path).sort()).toEqual([
      "zgate-20260101-000000.db",
      "zgate-auto-20260103-000000.db",
      "zgate-auto-20260201-000000.db",
    ]);
    expect(lines).toEqual(["A backup was written and checked"]);
    expect(backups.lastAt).toBe(now());
    await store.close();
  } finally {
    await app.stop();
  }
});
