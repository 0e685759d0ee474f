import { expect, setDefaultTimeout, test } from "bun:test";
import { createCaptures } from "~/capture/captures.ts";
import { openCaptures } from "~/capture/open.ts";
import type { Packer } from "~/capture/packer.ts";
import { createPacker } from "~/capture/packer.ts";
import { systemClock } from "~/clock.ts";
import { firstIdAt, idOfRequestId } from "~/record/request-id.ts";
import { createRetention } from "~/record/retention.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { signIn } from "../dashboard/owner.ts";
import { startApp } from "../helpers/app.ts";
import { dataFolder, openHouse } from "../record/house.ts";
import { kept, readKept, switchOn } from "./kept.ts";

setDefaultTimeout(30_000);

const rules = {
  captureAllowed: true,
  captureBodyBytes: 65_536,
  captureTotalBytes: 1024 ** 3,
  captureDays: 7,
  cacheDefaultTtlMs: 3_600_000,
};
const key = (id: number) => ({ id, capture: true }) as KeyRow;
/** Words that do not compress. */
const noise = (bytes: number) =>
  Array.from({ length: bytes / 10 }, () => Math.random().toString(36).slice(2, 11)).join(" ");

async function openRoom(path: string, more: Partial<typeof rules> = {}) {
  const store = await openHouse(path);
  const reader = store.openReader();
  const parts = { db: reader.db, writer: store.writer, clock: systemClock };
  const { captures } = openCaptures({ ...rules, ...more }, parts, (text) => store.said.push(text));
  reader.close();
  return {
    store,
    captures,
    say(id: number, words: string, keyId = 1) {
      const tape = captures.tapeFor(key(keyId), id)!;
      tape.asked(Buffer.from(`{"words":"${words}"}`));
      tape.told(`{"answer":"${words}"}`);
      tape.over();
    },
    count: () => readKept({ dataDir: path }).length,
    async close() {
      await captures.close();
      await store.close();
    },
  };
}

test("bodies go when their days are over, and those of a key when they are told to", async () => {
  using folder = dataFolder();
  const room = await openRoom(folder.path, { captureDays: 3 });
  const now = Date.now();
  const dayMs = 86_400_000;
  for (let day = 0; day < 6; day++) room.say(firstIdAt(now - day * dayMs - 1_000), `day ${day}`, 1 + (day % 2));
  await room.captures.settled();
  expect(room.count()).toBe(6);
  const log = { warn() {}, info() {} };
  const clock = { now: () => now, tick: () => performance.now() };
  const keep = { rowDays: null, maxBytes: null };
  const retention = createRetention({ writer: room.store.writer, clock, log, keep, captures: room.captures });
  await retention.prune();
  expect(room.count()).toBe(3);
  expect(await room.captures.forget(1)).toBe(2);
  expect(room.count()).toBe(1);
  await room.close();
});

test("what was deleted by its key is no longer in the file, not even in its free pages", async () => {
  using folder = dataFolder();
  const room = await openRoom(folder.path);
  for (let id = 1; id <= 40; id++) room.say(id, noise(8_000));
  await room.captures.settled();
  const bodies = readBlobs(room.store.openReader());
  expect(bodies).toHaveLength(40);
  await room.captures.forget(1);
  await room.close();
  const file = await Bun.file(room.store.path).bytes();
  const haystack = Buffer.from(file);
  expect(bodies.filter((body) => haystack.includes(body))).toEqual([]);
});

test("all together take no more of the disk than they may: the oldest give way at once", async () => {
  using folder = dataFolder();
  const room = await openRoom(folder.path, { captureTotalBytes: 1024 ** 2 });
  for (let id = 1; id <= 100; id++) {
    room.say(id, noise(40_000));
    if (id % 10 === 0) await room.captures.settled();
  }
  const stored = room.captures.stats().stored;
  expect(stored).toBeLessThanOrEqual(1024 ** 2);
  expect(stored).toBeGreaterThan(1024 ** 2 / 4);
  const ids = readKept({ dataDir: folder.path }).map(({ requestId }) => idOfRequestId(requestId));
  expect(ids.at(-1)).toBe(100);
  expect(ids).toEqual(ids.map((_, at) => 101 - ids.length + at));
  await room.close();
  // What was stored is known to the next start.
  const again = await openRoom(folder.path);
  expect(again.captures.stats().stored).toBe(stored);
  await again.close();
});

test("bodies for which memory is short are cut or left out, said so, and nothing waits", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  const real = createPacker();
  const gate = Promise.withResolvers<void>();
  const packer: Packer = { pack: async (...args) => gate.promise.then(() => real.pack(...args)), close: real.close };
  const captures = createCaptures({
    writer: store.writer,
    clock: systemClock,
    rules: { isAllowed: true, bodyBytes: 8_192, totalBytes: 1024 ** 3, days: 7, responsesMs: 0 },
    storedBytes: 0,
    warn() {},
    packer,
    mostHeld: 50_000,
  });
  for (let id = 1; id <= 10; id++) {
    const tape = captures.tapeFor(key(1), id)!;
    tape.asked(Buffer.from("q".repeat(6_000)));
    for (let piece = 0; piece < 60; piece++) tape.told("a".repeat(100));
    tape.over();
    expect(captures.stats().held).toBeLessThanOrEqual(50_000);
  }
  gate.resolve();
  await captures.settled();
  expect(captures.stats()).toMatchObject({ held: 0, lost: 0 });
  const rows = readKept({ dataDir: folder.path });
  expect(rows).toHaveLength(10);
  expect(rows[0]).toMatchObject({ requestIsCut: false, answerIsCut: false });
  expect(rows.at(-1)).toMatchObject({
    request: null,
    answer: null,
    requestIsCut: true,
    requestBytes: 6_000,
    answerBytes: 6_000,
  });
  await captures.close();
  await store.close();
});

test("a body that cannot be kept costs its request nothing", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  const said: string[] = [];
  const packer: Packer = { pack: () => Promise.reject(new Error("the thread ended")), close() {} };
  const parts = {
    writer: store.writer,
    clock: systemClock,
    rules: { isAllowed: true, bodyBytes: 8_192, totalBytes: 1024 ** 3, days: 7, responsesMs: 0 },
  };
  const captures = createCaptures({ ...parts, storedBytes: 0, warn: (text) => said.push(text), packer });
  for (let id = 1; id <= 3; id++) {
    const tape = captures.tapeFor(key(1), id)!;
    tape.told("lost");
    tape.over();
    tape.over();
  }
  await captures.settled();
  expect(captures.stats()).toMatchObject({ held: 0, lost: 3 });
  // Once, however many it are.
  expect(said).toEqual(["what was said in a captured request could not be kept (the thread ended)"]);
  await store.close();
});

test("CAPTURE_ALLOWED=false keeps nothing, of no key, whoever says otherwise", async () => {
  const app = await startApp();
  const owner = await signIn(app);
  await switchOn(owner);
  await (await app.ask("kept")).text();
  await kept(app, 1);
  await app.restart({ CAPTURE_ALLOWED: "false" });
  await (await app.ask("not kept")).text();
  const headers = { authorization: `Bearer ${app.key}` };
  expect(await (await fetch(`${app.base}/key`, { headers })).json()).toMatchObject({ capture: false });
  const again = await signIn(app);
  expect(await (await again.get("/dashboard/keys/1")).text()).not.toContain('name="capture"');
  const made = await again.post("/dashboard/keys", { name: "sly", rights: "inference", capture: "true" });
  expect(made.status).toBe(409);
  expect(await made.text()).toContain("CAPTURE_ALLOWED=false");
  const edited = await again.post("/dashboard/keys/1/edit", { name: "default", rights: "inference", capture: "true" });
  expect(edited.status).toBe(409);
  expect(readKept(app)).toHaveLength(1);
  await app.stop();
});

function readBlobs({ sqlite, close }: ReturnType<Awaited<ReturnType<typeof openHouse>>["openReader"]>): Buffer[] {
  const bodies = sqlite.query("select request from captures").values().flat() as Uint8Array[];
  close();
  // From their middle, where no header makes one like the other.
  return bodies.map((body) => Buffer.from(body.subarray(200, 264)));
}
