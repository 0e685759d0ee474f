import { afterEach, beforeEach, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { settleDefaultKey } from "~/keys/default-key.ts";
import { handOver } from "~/keys/first-run.ts";
import { type HeldClock, holdClock } from "../helpers/clock.ts";
import { ada, type House, openHouse, scratchFolder, seen } from "./house.ts";

let folder: ReturnType<typeof scratchFolder>;
let clock: HeldClock;
let house: House;
beforeEach(async () => {
  folder = scratchFolder();
  clock = holdClock();
  house = await openHouse(folder.path, clock);
});
afterEach(async () => {
  await house.close();
  await folder.remove();
});

async function restart(configured: string | null) {
  await house.close();
  house = await openHouse(folder.path, clock);
  return settleDefaultKey(house.keys, configured);
}

const english = (lines: { en: string }[]) => lines.map(({ en }) => en).join();
const first = "the-first-string-of-mine";
const second = "the-second-string-of-mine";

test("a first start without DEFAULT_KEY makes a key, and later starts make no other", async () => {
  const { made } = await settleDefaultKey(house.keys, null);
  expect(seen(house, made)).toBe("default");
  const later = await restart(null);
  expect(later.made).toBeNull();
  expect(english(later.lines)).toContain("stays as it is");
  expect(seen(house, made)).toBe("default");
});

test("a changed DEFAULT_KEY replaces the old secret at once, with an audit row and a line", async () => {
  await settleDefaultKey(house.keys, first);
  expect(seen(house, first)).toBe("default");
  const id = house.keys.view("default").id;
  const { lines } = await restart(second);
  expect(english(lines)).toContain("has changed");
  expect(seen(house, first)).toBe("revoked_key");
  expect(seen(house, second)).toBe("default");
  expect(house.keys.view("default").id).toBe(id);
  const rows = house.query("select actor, action from audit_log order by id");
  expect(rows.at(-1)).toEqual({ actor: "environment", action: "key.rotate" });
});

test("a string that was rotated out stays dead, and the start says so", async () => {
  await settleDefaultKey(house.keys, first);
  await restart(second);
  const { lines } = await restart(first);
  expect(english(lines)).toContain("stays dead");
  expect(seen(house, first)).toBe("revoked_key");
  expect(seen(house, second)).toBe("default");
});

test("a revoked default key does not come back to life", async () => {
  await settleDefaultKey(house.keys, first);
  await house.keys.revoke("default", ada);
  const same = await restart(first);
  expect(english(same.lines)).toContain("stays dead");
  expect(seen(house, first)).toBe("revoked_key");
  expect((await restart(null)).made).toBeNull();
});

test("a DEFAULT_KEY that is gone leaves the key as it is", async () => {
  await settleDefaultKey(house.keys, first);
  const { lines, made } = await restart(null);
  expect(made).toBeNull();
  expect(english(lines)).toContain("stays as it is");
  expect(seen(house, first)).toBe("default");
});

test("a rotation by hand is not undone while its overlap runs", async () => {
  await settleDefaultKey(house.keys, first);
  const { token } = await house.keys.rotate("default", { overlap: "24h" }, ada);
  const { lines } = await restart(first);
  expect(english(lines)).toContain("old secret");
  expect(seen(house, first)).toBe("default");
  expect(seen(house, token)).toBe("default");
});

test("short and sample values are refused with a line that makes a good one", async () => {
  for (const value of [
    "too-short",
    "sk-your-key",
    "your-secret-api-key-here",
    "your-upstream-token-here",
    "sk-my-secure-key-2024",
  ]) {
    expect(settleDefaultKey(house.keys, value)).rejects.toThrow(/openssl rand -hex 32/);
  }
});

test("secrets go to a terminal, or into a file for its owner's eyes alone that the first sign-in removes", async () => {
  const { made } = await house.admin.settle(null);
  const secrets = [{ label: { en: "Dashboard password", zh: "面板密码" }, value: made! }];
  expect((await handOver(secrets, true, house.firstRun, "en")).join()).toContain(made!);
  const lines = await handOver(secrets, false, house.firstRun, "en");
  expect(lines.join()).not.toContain(made!);
  expect(lines.join()).toContain("first-run.txt");
  expect(house.firstRun.read()).toContain(made!);
  expect(statSync(house.firstRun.path).mode & 0o777).toBe(0o600);
  await house.admin.signIn(made!, ada);
  expect(house.firstRun.read()).toBeNull();
});
