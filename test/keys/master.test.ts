import { afterEach, beforeEach, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { ownFile } from "~/db/secret-file.ts";
import { openMaster } from "~/keys/master.ts";
import { scratchFolder } from "./house.ts";

let folder: ReturnType<typeof scratchFolder>;
beforeEach(() => {
  folder = scratchFolder();
});
afterEach(() => folder.remove());

const file = () => ownFile(join(folder.path, "secret.key"));
const own = "correct horse battery staple and more";

test("a new database gets a secret file for its owner's eyes alone, and finds it again", () => {
  const first = openMaster({ fromEnvironment: null, file: file(), storedCheck: null, isInUse: false });
  expect(first.source).toBe("new file");
  expect(statSync(file().path).mode & 0o777).toBe(0o600);
  const second = openMaster({ fromEnvironment: null, file: file(), storedCheck: first.check, isInUse: true });
  expect(second.source).toBe("file");
  expect(second.subkeys).toEqual(first.subkeys);
});

test("every use has a subkey of its own, and the check value is none of them", () => {
  const { subkeys, check } = openMaster({ fromEnvironment: own, file: file(), storedCheck: null, isInUse: false });
  const all = [...Object.values(subkeys).map((subkey) => subkey.toString("base64url")), check];
  expect(new Set(all).size).toBe(4);
});

test("a missing secret stops the start and makes no new one", () => {
  expect(() => openMaster({ fromEnvironment: null, file: file(), storedCheck: "any", isInUse: true })).toThrow(
    /missing/,
  );
  expect(file().read()).toBeNull();
});

test("a wrong secret stops the start", () => {
  const { check } = openMaster({ fromEnvironment: own, file: file(), storedCheck: null, isInUse: false });
  const other = { fromEnvironment: `${own}!`, file: file(), storedCheck: check, isInUse: true };
  expect(() => openMaster(other)).toThrow(/not the one/);
});

test("an empty or short secret is refused", () => {
  for (const secret of ["", "too short"]) {
    expect(() => openMaster({ fromEnvironment: secret, file: file(), storedCheck: null, isInUse: false })).toThrow(
      /at least 32/,
    );
  }
  file().create("");
  expect(() => openMaster({ fromEnvironment: null, file: file(), storedCheck: null, isInUse: false })).toThrow(
    /at least 32/,
  );
});
