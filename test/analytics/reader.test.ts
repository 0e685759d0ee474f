import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createReader } from "~/analytics/reader.ts";
import { ask } from "~/db/socket.ts";
import { startApp } from "../helpers/app.ts";
import { now, openMonth } from "./world.ts";

/** Threads of this process that run a worker. */
function workers(): number {
  const names = readdirSync("/proc/self/task").map((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/comm`, "utf8").trim();
    } catch {
      return "";
    }
  });
  return names.filter((name) => name === "Worker").length;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isSo(); turn++) await Bun.sleep(10);
  expect(isSo()).toBe(true);
}

test("the reader's thread ends when nobody asks for a while, and the next question starts another", async () => {
  const month = openMonth(100, 1);
  const before = workers();
  const reader = createReader(month.path, { now: () => now, tick: () => performance.now() }, { idleMs: 20 });
  for (let time = 0; time < 2; time++) {
    const { tables } = await reader.ask("storage", {});
    expect(tables.find(({ name }) => name === "requests")?.rows).toBe(month.rows.length);
    await until(() => workers() === before);
  }
  reader.close();
  month.close();
}, 30_000);

test("alerts leave the reader's thread alone as long as nobody asks the gateway", async () => {
  const app = await startApp();
  const body = { name: "owner", rights: ["admin"] };
  const { token } = (await ask(join(app.dataDir, "zgate.sock"), "keys.create", { body })) as { token: string };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  // Whoever changes a rule has it looked at.
  const rules = async () => {
    const change = { method: "PATCH", headers, body: JSON.stringify({ p95_ms: 30_000 }) };
    expect((await fetch(`${app.url}/admin/api/alerts`, change)).status).toBe(200);
  };
  const before = workers();
  await rules();
  expect(workers()).toBe(before);
  await (await app.ask("What is 7 + 5?")).text();
  await rules();
  // A thread bears its maker's name until it has one of its own.
  await until(() => workers() === before + 1);
  await app.stop();
}, 30_000);
