import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { dataFolder, openHouse, readRows } from "./house.ts";

// Other processes and locks are waited for here, on a machine that may be busy.
setDefaultTimeout(30_000);

const stories = join(import.meta.dir, "stories");

test("kill -9 in the middle of load: whatever was answered is on record, and nothing runs after the restart", async () => {
  using folder = dataFolder();
  const answered = new Set<number>();
  for (let kill = 0; kill < 3; kill++) {
    for (const id of await loadUntilKilled(folder.path, 400)) answered.add(id);
    const store = await openHouse(folder.path);
    const rows = readRows(store);
    await store.close();
    const completed = new Set(rows.filter((row) => row.outcome === "completed").map((row) => row.id));
    expect(completed.size).toBeGreaterThanOrEqual(400);
    expect([...answered].filter((id) => !completed.has(id))).toEqual([]);
    expect(rows.filter((row) => row.outcome !== "completed" && row.outcome !== "lost")).toEqual([]);
  }
  expect(answered.size).toBeGreaterThanOrEqual(1200);
});

/** Runs the load until so many of its requests have ended, kills it, and gives the ids of all that it said had ended. */
async function loadUntilKilled(dataDir: string, count: number): Promise<number[]> {
  const child = Bun.spawn(["bun", join(stories, "load.ts"), dataDir], { stdout: "pipe", stderr: "inherit" });
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true });
    if (text.split("\n").length > count) child.kill("SIGKILL");
  }
  await child.exited;
  // The last line may be cut; an id that was not said whole was not answered.
  return text.split("\n").slice(0, -1).map(Number);
}

const hasStrace = Bun.which("strace") !== null;

test.skipIf(!hasStrace)(
  "the log is synced between the upstream's last byte and the client's (needs strace)",
  async () => {
    using folder = dataFolder();
    expect(await syncsBeforeLastByte(folder.path, "ack")).toBeGreaterThanOrEqual(1);
  },
);

test.skipIf(!hasStrace)("DURABILITY=async does not wait for the disk (needs strace)", async () => {
  using folder = dataFolder();
  expect(await syncsBeforeLastByte(folder.path, "async")).toBe(0);
});

/** How many syncs of the database's log end between the two. */
async function syncsBeforeLastByte(dataDir: string, durability: string): Promise<number> {
  const child = Bun.spawn(
    [
      "strace",
      "-f",
      "-y",
      "-e",
      "trace=fsync,fdatasync,write",
      "bun",
      join(stories, "one-answer.ts"),
      dataDir,
      durability,
    ],
    { stdout: "ignore", stderr: "pipe" },
  );
  const calls = (await new Response(child.stderr).text()).split("\n");
  const from = calls.findIndex((call) => call.includes("LAST BYTE OF THE UPSTREAM"));
  const to = calls.findIndex((call) => call.includes("LAST BYTE TO THE CLIENT"));
  expect(from).toBeGreaterThan(0);
  expect(to).toBeGreaterThan(from);
  return calls.slice(from, to).filter((call) => /f(data)?sync\(\d+<[^>]*zgate\.db-wal>/.test(call)).length;
}
