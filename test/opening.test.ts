import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { databasePath, openAndMigrate } from "~/db/open.ts";
import { prepareDatabase } from "~/db/prepare.ts";
import { StartError } from "~/errors.ts";
import { createLog } from "~/log.ts";
import { asPortError, createOpening } from "~/opening.ts";
import { startApp } from "./helpers/app.ts";
import { closedPort } from "./helpers/ports.ts";
import { dataFolder } from "./record/house.ts";

const log = createLog("info", "json", () => {}, Date.now);

test("while the database is made ready the port answers: alive, not ready, and 503 in each client's words", async () => {
  const port = closedPort();
  const url = `http://127.0.0.1:${port}`;
  const opening = createOpening({ port, host: "127.0.0.1" }, null, log);
  opening.report({ stage: "migrating", done: 1, of: 4 });
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok", service: "zgate" });
  const ready = await fetch(`${url}/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ status: "not ready", starting: { stage: "migrating", done: 1, of: 4 } });

  const chat = await fetch(`${url}/v1/chat/completions`, { method: "POST", body: "{}" });
  expect(chat.status).toBe(503);
  expect(chat.headers.get("retry-after")).toBe("5");
  expect(await chat.json()).toMatchObject({ error: { code: "storage_unavailable" } });
  const messages = await fetch(`${url}/v1/messages`, { method: "POST", body: "{}" });
  expect(await messages.json()).toMatchObject({ type: "error" });
  expect((await fetch(`${url}/dashboard`)).status).toBe(503);
  expect(await opening.end()).toEqual({ port, turnedAway: 2 });
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});

test("where nothing takes time nothing is opened", async () => {
  const opening = createOpening({ port: 1, host: "127.0.0.1" }, null, log);
  expect(await opening.end()).toEqual({ port: null, turnedAway: 0 });
});

test("a large database is checked table by table after an unclean stop, and not after a clean one", async () => {
  using folder = dataFolder();
  grow(folder.path);
  const stages: string[] = [];
  await prepareDatabase(folder.path, ({ stage }) => stages.push(stage));
  expect(stages).toEqual([]);
  writeFileSync(`${databasePath(folder.path)}-wal`, "x".repeat(40));
  await prepareDatabase(folder.path, ({ stage, done, of }) => stages.push(`${stage} ${done < of}`));
  expect(stages.length).toBeGreaterThan(10);
  expect([...new Set(stages)]).toEqual(["checking true"]);
});

test("a large database of an older schema is copied aside first, and left as it was where the migration fails", async () => {
  using folder = dataFolder();
  const path = databasePath(folder.path);
  grow(folder.path);
  openAndMigrate(path).close();
  // As a release before some tables left it, but for those tables.
  const version = 2;
  const stages = new Set<string>();
  const fake = new Database(path);
  fake.run(`PRAGMA user_version = ${version}`);
  fake.close();
  // No table is made twice: the copy stands, the file is as it was, and the sentence says why.
  await expect(prepareDatabase(folder.path, ({ stage }) => stages.add(stage))).rejects.toThrow(path);
  expect([...stages]).toEqual(["checking", "copying", "migrating"]);
  expect(await Bun.file(`${path}.schema-${version}`).exists()).toBe(true);
});

test("requests that were turned away meanwhile are counted", async () => {
  const app = await startApp();
  try {
    const { port } = new URL(app.url);
    await app.zgate.close(0);
    grow(app.dataDir);
    writeFileSync(`${databasePath(app.dataDir)}-wal`, "x".repeat(40));
    const turnedAway: number[] = [];
    const knocking = (async () => {
      for (;;) {
        const response = await app.ask("What is 7 + 5?").catch(() => null);
        if (response?.status === 503) turnedAway.push(503);
        else if (response?.ok) return;
        await Bun.sleep(0);
      }
    })();
    await app.restart({ PORT: port });
    await knocking;
    const rows = await app.settled(1);
    const refused = rows.filter((row) => row.error_kind === "storage_unavailable");
    expect(refused.reduce((sum, row) => sum + row.requests, 0)).toBe(turnedAway.length);
  } finally {
    await app.stop();
  }
});

/** Nine megabytes more. */
function grow(dataDir: string): void {
  const { sqlite, close } = openAndMigrate(databasePath(dataDir));
  sqlite.run("INSERT INTO settings VALUES ('filler', json_quote(hex(zeroblob(4700000))), 0)");
  close();
}

test("a HOST that is none, or not of this machine, is one sentence", () => {
  for (const code of ["ENOENT", "EADDRNOTAVAIL", "EINVAL"]) {
    const told = asPortError(Object.assign(new Error("listen"), { code }), 9090, "no.such.host");
    expect(told).toBeInstanceOf(StartError);
    expect(`${told}`).toContain("HOST=no.such.host is no address of this machine");
  }
});
