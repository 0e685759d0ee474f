import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { lockDataDir } from "~/db/lock.ts";
import { dataFolder } from "../record/house.ts";

// Other processes and locks are waited for here, on a machine that may be busy.
setDefaultTimeout(30_000);

/** Another process that takes the lock, says so, and stays. */
async function otherHolder(dataDir: string) {
  const script = `
    import { lockDataDir } from ${JSON.stringify(join(process.cwd(), "src/db/lock.ts"))};
    lockDataDir(${JSON.stringify(dataDir)});
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = Bun.spawn(["bun", "-e", script], { stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("held\n");
  return child;
}

test("a second process is told who holds the data folder, until that one is killed", async () => {
  using folder = dataFolder();
  const child = await otherHolder(folder.path);
  try {
    expect(() => lockDataDir(folder.path)).toThrow(
      `the data folder ${folder.path} is in use by process ${child.pid}; stop that one, or set DATA_DIR to another folder`,
    );
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
  lockDataDir(folder.path).release();
});

test("one process takes a folder once", () => {
  using folder = dataFolder();
  const lock = lockDataDir(folder.path);
  expect(() => lockDataDir(join(folder.path, "."))).toThrow(`in use by process ${process.pid}`);
  lock.release();
  lockDataDir(folder.path).release();
});
