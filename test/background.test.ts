import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { signIn } from "./dashboard/owner.ts";
import { startApp } from "./helpers/app.ts";

test.if(process.platform === "linux")(
  "the thread that makes pages stands back behind the one that carries traffic",
  async () => {
    const app = await startApp();
    try {
      const before = behind();
      const owner = await signIn(app);
      expect((await owner.get("/dashboard")).status).toBe(200);
      expect(behind()).toBeGreaterThan(before);
    } finally {
      await app.stop();
    }
  },
);

/** How many threads of this process are less urgent than this one. */
function behind(): number {
  const own = niceness("thread-self");
  return readdirSync("/proc/self/task").filter((task) => niceness(`self/task/${task}`) > own).length;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the nineteenth, of which two stand before the last `)`. */
function niceness(thread: string): number {
  const stat = readFileSync(`/proc/${thread}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
}
