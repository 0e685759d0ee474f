import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createReader } from "~/analytics/reader.ts";
import { createRests } from "~/analytics/rest.ts";
import { mayComeForward } from "~/background.ts";
import { now, openMonth } from "./analytics/world.ts";
import { signIn } from "./dashboard/owner.ts";
import { startApp } from "./helpers/app.ts";

const onLinux = test.if(process.platform === "linux");
/** Where threads may stand aside at all: that needs a way back. */
const whereAllowed = test.if(mayComeForward());

onLinux("the thread that makes pages stands back behind the one that carries traffic", async () => {
  const app = await startApp();
  try {
    const before = behind();
    const owner = await signIn(app);
    expect((await owner.get("/dashboard")).status).toBe(200);
    expect(behind()).toBeGreaterThan(before);
  } finally {
    await app.stop();
  }
});

whereAllowed(
  "on a core that it shares, it runs only where no other thread wants to, and so do the runtime's helpers",
  async () => {
    const month = openMonth(100, 1);
    const reader = createReader(month.path, clock, { isShared: () => true });
    const before = aside();
    await reader.ask("storage", {});
    const names = () => aside().flatMap(({ id, name }) => (before.some((one) => one.id === id) ? [] : [name]));
    // It rests after that, and its helpers may still have something to tidy up.
    expect(names()).toContain("Worker");
    expect(names()).toContain("JITWorker");
    await until(() => names().every((name) => name === "Worker"));
    expect(names()).toEqual(["Worker"]);
    reader.close();
    month.close();
  },
  30_000,
);

whereAllowed(
  "whoever waits too long no longer waits behind every other thread",
  async () => {
    const month = openMonth(20_000, 1);
    const before = aside().length;
    const reader = createReader(month.path, clock, { isShared: () => true, impatientMs: 40 });
    const scope = { from: now - 40 * 86_400_000, to: now, filters: {} };
    const starts = [scope.from];
    const look = () => reader.ask("breakdown", { scope, by: "address", starts, limit: 10, order: "failures" });
    let isOver = false;
    const asked = Promise.all(Array.from({ length: 4 }, look)).finally(() => {
      isOver = true;
    });
    await until(() => aside().length > before);
    await until(() => aside().length === before);
    expect(isOver).toBe(false);
    await asked;
    reader.close();
    month.close();
  },
  30_000,
);

const isRoot = process.getuid?.() === 0;
const canDropRights = isRoot && Bun.which("setpriv") !== null && Bun.which("prlimit") !== null;

test.if(canDropRights)("nobody stands aside who could not come back, as a service without privileges", () => {
  const program = `
    import { comeForward, ownThread, standAside } from "${join(import.meta.dir, "../src/background.ts")}";
    import { readFileSync } from "node:fs";
    const policy = () => readFileSync("/proc/thread-self/stat", "utf8").split(") ")[1].split(" ")[38];
    const seen = [policy()];
    standAside(ownThread());
    seen.push(policy());
    comeForward(ownThread());
    seen.push(policy());
    console.log(seen.join(" "));`;
  const policies = (limit: string) => {
    const dropped = [
      "setpriv",
      "--bounding-set",
      "-sys_nice",
      "--inh-caps",
      "-sys_nice",
      process.execPath,
      "-e",
      program,
    ];
    const { stdout } = Bun.spawnSync(["prlimit", `--nice=${limit}`, ...dropped]);
    return stdout.toString().trim();
  };
  expect(policies("0:0")).toBe("0 0 0");
  // As the unit for systemd and the Compose file allow it; not every sandbox lets root raise a limit.
  const canRaise = Bun.spawnSync(["prlimit", "--nice=20:20", "true"]).exitCode === 0;
  if (canRaise) expect(policies("20:20")).toBe("0 5 0");
});

test("pages in a row come without a rest, and whoever goes on asking gets a twentieth of the core", () => {
  let now = 0;
  const restAfter = createRests(() => now);
  expect([restAfter(20, 0), restAfter(20, 0)]).toEqual([0, 0]);
  expect(restAfter(20, 0)).toBe(200);
  now += 200;
  expect(restAfter(20, 0)).toBe(400);
  now += 400;
  // A small page is not for nothing, a large one not for ever, and many in line do not wait for each other's rests.
  expect(restAfter(1, 0)).toBe(250);
  expect(restAfter(10_000, 1)).toBe(1000);
  expect(restAfter(10_000, 4)).toBe(250);
  now += 60_000;
  expect(restAfter(50, 0)).toBe(0);
});

const clock = { now: () => now, tick: () => performance.now() };

interface Thread {
  id: string;
  name: string;
  niceness: number;
  /** https://man7.org/linux/man-pages/man7/sched.7.html: 5 is `SCHED_IDLE`. */
  policy: number;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: fields 19 and 41, of which two stand before the last `)`. */
function threads(of = "self/task"): Thread[] {
  return readdirSync(`/proc/${of}`).flatMap((id) => {
    try {
      const stat = readFileSync(`/proc/${of}/${id}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const name = readFileSync(`/proc/${of}/${id}/comm`, "utf8").trim();
      return [{ id, name, niceness: Number(fields[16]), policy: Number(fields[38]) }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** How many threads of this process are less urgent than this one. */
function behind(): number {
  const all = threads();
  const own = all.find(({ id }) => id === String(process.pid))!;
  return all.filter(({ niceness }) => niceness > own.niceness).length;
}

function aside(): Thread[] {
  return threads().filter(({ policy }) => policy === 5);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isSo(); turn++) await Bun.sleep(1);
  expect(isSo()).toBe(true);
}
