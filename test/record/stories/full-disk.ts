/**
 * A process whose disk takes no more bytes for a while (its own file-size limit, lowered and lifted again), and what its
 * recorder does meanwhile. Arguments: the data folder, `refuse` or `continue`. Prints what it saw as JSON.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Ending } from "~/record/record.ts";
import { arrival, openHouse, readRows, until } from "../house.ts";

const [dataDir = "", mode] = process.argv.slice(2);
const onStorageFailure = mode === "continue" ? "continue" : "refuse";
const store = await openHouse(dataDir, { onStorageFailure, places: 8, foldRates: { perAddress: 0, inAll: 0 } });
let sent = 0;

const before = await request();
const running = await store.recorder.begin(arrival());
sent++;
running.facts.keyId = 2;
await until(() => readRows(store).some((row) => row.id === running.id));

limit(statSync(join(dataDir, "zgate.db-wal")).size + 1000);
// Begins before anybody knows that the disk is full: its running row is what the first failure costs.
const lasting = await store.recorder.begin(arrival());
sent++;
// One batch, the first that fails: a newcomer's words, and a stranger's part in a shared row.
const newcomer = await store.recorder.begin(arrival({ userAgent: "Newcomer/1.0" }));
const stranger = await store.recorder.begin(arrival());
sent += 2;
newcomer.facts.keyId = 3;
const hit = await Promise.all([settled(newcomer.end("completed")), settled(stranger.end("rejected"))]);
const during: string[] = [];
during.push(await request());
during.push(await settled(running.end("completed")));
for (let n = 0; n < 10; n++) during.push(await request());
const unit = await settled(store.writer.write([{ sql: "SELECT 1", params: [] }]));
const failing = { healthy: store.healthy(), stats: store.recorder.stats() };

limit("unlimited");
await until(() => store.healthy());
const stood = readRows(store).find((row) => row.id === lasting.id)?.outcome;
await lasting.end("aborted");
const after = await request();
await until(() => store.recorder.stats().open === 0);
const rows = readRows(store).map(({ outcome, errorKind, requests, userAgent }) => {
  return { outcome, errorKind, requests, family: userAgent?.family };
});
await store.close();
console.log(JSON.stringify({ before, hit, during, unit, failing, stood, after, sent, rows, said: store.said }));

async function request(outcome: Ending = "completed"): Promise<string> {
  sent++;
  try {
    const record = await store.recorder.begin(arrival());
    record.facts.keyId = 1;
    await record.end(outcome);
    return "recorded";
  } catch (error) {
    return kindOf(error);
  }
}

async function settled(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "done";
  } catch (error) {
    return kindOf(error);
  }
}

function kindOf(error: unknown): string {
  return error instanceof Error && "kind" in error ? String(error.kind) : String(error);
}

/** The largest file that this process may write, from now on. */
function limit(bytes: number | "unlimited"): void {
  Bun.spawnSync(["prlimit", "--pid", String(process.pid), `--fsize=${bytes}:unlimited`], { stderr: "inherit" });
}
