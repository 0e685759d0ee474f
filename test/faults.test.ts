import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const rows = readFileSync(join(import.meta.dir, "faults.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| (?!fault )/.test(line));

test("every fault of the table is shown by tests that are there", () => {
  expect(rows.length).toBeGreaterThan(40);
  const missing = rows.flatMap((row) => {
    const shown = [...row.matchAll(/`([\w/-]+\.test\.ts)` "([^"]+)"/g)];
    if (shown.length === 0) return [row];
    return shown.flatMap(([said, file, name]) => {
      const path = join(import.meta.dir, file!);
      return existsSync(path) && readFileSync(path, "utf8").includes(name!) ? [] : [said];
    });
  });
  expect(missing).toEqual([]);
});
