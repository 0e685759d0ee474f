import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { eq } from "drizzle-orm";
import { databasePath, openAndMigrate } from "~/db/open.ts";
import { openWriter, type WriterOptions } from "~/db/writer.ts";
import { startWriterWorker } from "~/workers.ts";
import { settings } from "../../drizzle/settings.ts";
import { dataFolder, until } from "../record/house.ts";

// Other processes and locks are waited for here, on a machine that may be busy.
setDefaultTimeout(30_000);

async function openHouse(dataDir: string, options: Partial<WriterOptions> = {}) {
  const path = databasePath(dataDir);
  const { db, close } = openAndMigrate(path);
  const said: string[] = [];
  const writer = openWriter({
    path,
    tick: () => performance.now(),
    log: { warn: (text) => said.push(text), info: (text) => said.push(text) },
    ...options,
  });
  const set = (name: string, value: unknown = 1) =>
    db.insert(settings).values({ name, value, updatedAt: 0 }).returning({ name: settings.name }).toSQL();
  const stored = () =>
    db
      .select()
      .from(settings)
      .orderBy(settings.name)
      .all()
      .map((row) => row.name);
  const stop = async () => {
    await writer.close();
    close();
  };
  return { path, db, writer, said, set, stored, stop };
}

test("a unit is there when its promise resolves, with the rows that its statements return", async () => {
  using folder = dataFolder();
  const { db, writer, set, stored, stop } = await openHouse(folder.path);
  const change = db
    .update(settings)
    .set({ value: { b: [1] } })
    .where(eq(settings.name, "a"))
    .toSQL();
  expect(await writer.write([set("a"), change])).toEqual([[["a"]], []]);
  expect(stored()).toEqual(["a"]);
  expect(db.select().from(settings).all()[0]?.value).toEqual({ b: [1] });
  await stop();
});

test("a unit that fails leaves nothing, and fails alone", async () => {
  using folder = dataFolder();
  const { writer, set, stored, stop } = await openHouse(folder.path);
  const [first, second, third] = await Promise.allSettled([
    writer.write([set("a")]),
    writer.write([set("b"), set("a")]),
    writer.write([set("c")]),
  ]);
  expect(first.status).toBe("fulfilled");
  expect(second).toMatchObject({ status: "rejected", reason: { code: "SQLITE_CONSTRAINT_PRIMARYKEY" } });
  expect(third.status).toBe("fulfilled");
  expect(stored()).toEqual(["a", "c"]);
  await stop();
});

test("what cannot travel between threads is refused, and the next unit is written", async () => {
  using folder = dataFolder();
  const { writer, set, stored, stop } = await openHouse(folder.path);
  expect(writer.write([{ sql: "SELECT ?", params: [() => 1] }])).rejects.toThrow();
  await Bun.sleep(5);
  await writer.write([set("a")]);
  expect(stored()).toEqual(["a"]);
  await stop();
});

test("units that wait together share a commit", async () => {
  using folder = dataFolder();
  const { writer, set, stop } = await openHouse(folder.path);
  await Promise.all(Array.from({ length: 100 }, (_, n) => writer.write([set(`n${n}`)])));
  expect(writer.stats().batches).toBeLessThan(5);
  await stop();
});

test("waits for another program's lock, and says so", async () => {
  using folder = dataFolder();
  const { path, writer, said, set, stored, stop } = await openHouse(folder.path);
  await writer.write([set("a")]);
  const other = new Database(path);
  other.run("BEGIN IMMEDIATE");
  let isWritten = false;
  const written = writer.write([set("b")]).then(() => {
    isWritten = true;
  });
  // Longer than the busy timeout.
  await until(() => said.length > 0);
  expect(said).toEqual(["another program keeps the database locked; records wait until it lets go"]);
  expect(isWritten).toBe(false);
  expect(writer.failure()).toBeNull();
  other.run("COMMIT");
  other.close();
  await written;
  expect(stored()).toEqual(["a", "b"]);
  await stop();
});

test("closing writes what waits, and refuses what comes later", async () => {
  using folder = dataFolder();
  const { writer, set, stop } = await openHouse(folder.path);
  const early = writer.write([set("a")]);
  const stopping = stop();
  expect(writer.write([set("b")])).rejects.toMatchObject({ kind: "shutting_down" });
  await early;
  await stopping;
  const file = new Database(databasePath(folder.path), { readonly: true });
  expect(file.query("SELECT name FROM settings").values()).toEqual([["a"]]);
  file.close();
});

test("survives the death of its thread", async () => {
  using folder = dataFolder();
  let starts = 0;
  const mortal = () => {
    if (++starts > 1) return startWriterWorker();
    // Listens, and dies of the first batch.
    const script = `self.onmessage = (event) => {
      if ("open" in event.data) postMessage("listening");
      else throw new Error("out of luck");
    };`;
    return new Worker(URL.createObjectURL(new Blob([script], { type: "application/javascript" })));
  };
  const { writer, said, set, stored, stop } = await openHouse(folder.path, { startWorker: mortal, retryMs: 10 });
  expect(writer.write([set("a")])).rejects.toMatchObject({ kind: "storage_unavailable" });
  await until(() => writer.failure() !== null);
  await until(() => writer.failure() === null);
  await writer.write([set("b")]);
  expect(stored()).toEqual(["b"]);
  expect(said[0]).toContain("out of luck");
  expect(said.at(-1)).toBe("storage works again");
  await stop();
});

test("a log that grew behind a long look at the data is cut back when the look is over", async () => {
  using folder = dataFolder();
  const { path, writer, set, stop } = await openHouse(folder.path);
  const logMb = () => statSync(`${path}-wal`).size / (1 << 20);
  const reader = new Database(path, { readonly: true });
  reader.run("BEGIN");
  reader.query("SELECT count(*) FROM settings").get();
  const big = "x".repeat(10 << 20);
  for (let time = 0; time < 8; time++) await writer.write([set(`big ${time}`, big)]);
  expect(logMb()).toBeGreaterThan(70);
  reader.run("COMMIT");
  reader.close();
  for (let time = 0; logMb() > 64; time++) await writer.write([set(`small ${time}`)]);
  await stop();
});
