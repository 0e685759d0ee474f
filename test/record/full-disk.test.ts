import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { dataFolder } from "./house.ts";

// Other processes and locks are waited for here, on a machine that may be busy.
setDefaultTimeout(30_000);

interface Story {
  before: string;
  /** The first to learn of it: a client with words that nobody used before, and a refused stranger. */
  hit: string[];
  during: string[];
  unit: string;
  failing: { healthy: boolean; stats: { open: number; waiting: number; unrecorded: number } };
  /** The outcome of a request that began just before, as its row has it after the recovery. */
  stood: string;
  after: string;
  sent: number;
  rows: { outcome: string; errorKind: string | null; requests: number; family: string }[];
  said: string[];
}

async function tell(dataDir: string, mode: "refuse" | "continue"): Promise<Story> {
  const child = Bun.spawn(["bun", join(import.meta.dir, "stories", "full-disk.ts"), dataDir, mode], {
    stdout: "pipe",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text());
}

const hasPrlimit = Bun.which("prlimit") !== null;

test.skipIf(!hasPrlimit)("a full disk refuses requests, and every one of them is counted when it is over", async () => {
  using folder = dataFolder();
  const story = await tell(folder.path, "refuse");
  expect(story.before).toBe("recorded");
  expect(story.hit).toEqual(["storage_unavailable", "storage_unavailable"]);
  expect(story.during).toEqual(Array(12).fill("storage_unavailable"));
  expect(story.unit).toBe("storage_unavailable");
  expect(story.failing.healthy).toBe(false);
  expect(story.stood).toBe("running");
  expect(story.after).toBe("recorded");
  expect(counted(story)).toBe(story.sent);
  // Its client saw an error, so its row says so.
  expect(story.rows.filter((row) => row.outcome === "completed").length).toBe(2);
  expect(story.rows.filter((row) => row.outcome === "failed")).toSatisfy((rows: Story["rows"]) =>
    rows.every((row) => row.errorKind === "storage_unavailable"),
  );
  expect(story.rows.map((row) => row.family)).toContain("Newcomer");
  expect(story.said[0]).toStartWith("storage failed (SQLITE_");
  expect(story.said.at(-1)).toBe("storage works again");
});

test.skipIf(!hasPrlimit)("ON_STORAGE_FAILURE=continue answers on, and counts the gap", async () => {
  using folder = dataFolder();
  const story = await tell(folder.path, "continue");
  expect(story.hit).toEqual(["done", "done"]);
  expect(story.during).toEqual(["recorded", "done", ...Array(10).fill("recorded")]);
  expect(story.failing.healthy).toBe(false);
  expect(story.failing.stats).toMatchObject({ open: 8, waiting: 0, unrecorded: 7 });
  expect(story.stood).toBe("running");
  expect(story.after).toBe("recorded");
  expect(counted(story)).toBe(story.sent);
  expect(new Set(story.rows.map((row) => row.outcome))).toEqual(new Set(["completed", "aborted", "rejected"]));
  expect(Math.max(...story.rows.map((row) => row.requests))).toBe(7);
});

function counted(story: Story): number {
  return story.rows.reduce((sum, row) => sum + row.requests, 0);
}
