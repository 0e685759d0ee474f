import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "~/errors.ts";
import { openLogFile } from "~/log-file.ts";
import { dataFolder } from "./record/house.ts";

test("lines go to the file, for its owner's eyes alone, behind those that are there", async () => {
  using folder = dataFolder();
  const path = join(folder.path, "zgate.log");
  const first = openLogFile(path, 10_000);
  first.write("one\n");
  await first.flushed();
  const second = openLogFile(path, 10_000);
  second.write("two\n");
  await second.flushed();
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a file that is full moves aside, and three old ones stay", async () => {
  using folder = dataFolder();
  const path = join(folder.path, "zgate.log");
  const log = openLogFile(path, 100);
  for (let n = 0; n < 6; n++) {
    log.write(`${String(n).repeat(79)}\n`);
    await log.flushed();
  }
  const held = ["", ".1", ".2", ".3", ".4"].map((end) =>
    existsSync(path + end) ? readFileSync(path + end, "utf8")[0] : null,
  );
  expect(held).toEqual(["5", "4", "3", "2", null]);
});

test("a file that cannot be written stops the start, and a disk that fails later stops nothing", async () => {
  using folder = dataFolder();
  expect(() => openLogFile(join(folder.path, "none", "zgate.log"), 100)).toThrow(StartError);
  const path = join(folder.path, "zgate.log");
  const log = openLogFile(path, 100);
  rmSync(path);
  mkdirSync(path);
  log.write("lost\n");
  await log.flushed();
  rmSync(path, { recursive: true });
  log.write("kept\n");
  await log.flushed();
  expect(readFileSync(path, "utf8")).toBe("kept\n");
});
