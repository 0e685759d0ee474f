import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admin } from "~/cli/admin.ts";
import type { Command, World } from "~/cli/command.ts";
import { keys } from "~/cli/keys.ts";
import { createLog } from "~/log.ts";
import { kept, readKept } from "../capture/kept.ts";
import { type App, startApp } from "../helpers/app.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zgate-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(command: Command, args: string[], dataDir = folder, env: World["env"] = {}) {
  const out: string[] = [];
  const errors: string[] = [];
  const world: World = {
    env: { DATA_DIR: dataDir, ZAI_TOKEN: "test.only-a-test", ...env },
    envFile: () => null,
    print: (line) => out.push(line),
    write: async () => {},
    complain: (line) => errors.push(line),
    isTerminal: false,
    signal: () => new Promise(() => {}),
    log: (level, format) => createLog(level, format, () => {}, Date.now),
  };
  const code = await command.run(args, world);
  return { code, out, errors: errors.join("\n"), last: out.at(-1) ?? "" };
}

test("with no server running, a command opens the file itself, and gives it back", async () => {
  const made = await run(keys, [
    "create",
    "deck laptop",
    "--requests-per-minute",
    "60",
    "--models",
    "glm-4.5*, glm-4.7",
  ]);
  expect(made.errors).toBe("");
  expect(made.code).toBe(0);
  expect(made.last).toMatch(/^sk-zg_/);
  const list = await run(keys, ["list", "--json"]);
  expect(JSON.parse(list.out.join("\n")).data).toMatchObject([
    { name: "deck laptop", models: ["glm-4.5*", "glm-4.7"], limits: { requests_per_minute: 60 } },
  ]);
  expect((await run(keys, ["edit", "deck laptop", "--requests-per-minute", "", "--note=from the quay"])).code).toBe(0);
  const rotated = await run(keys, ["rotate", "1", "--overlap", "1h"]);
  expect(rotated.last).toMatch(/^sk-zg_/);
  expect(rotated.last).not.toBe(made.last);
  expect((await run(keys, ["undo-rotation", "1"])).code).toBe(0);
  expect((await run(keys, ["revoke", "1"])).code).toBe(0);
  expect((await run(keys, ["list"])).last).toContain("There are no keys");
  expect((await run(keys, ["list", "--all"])).last).toContain("revoked");
  expect((await run(admin, ["audit"])).out.length).toBe(5);
});

test("answers are in the language of the terminal, and those for programs in none", async () => {
  const chinese = { LANG: "zh_CN.UTF-8" };
  const made = await run(keys, ["create", "laptop"], folder, chinese);
  expect(made.out.join("\n")).toMatch(/名称 +laptop\n状态 +启用/);
  expect(made.out).toContain("密钥串，只显示这一次：");
  expect((await run(keys, ["list"], folder, chinese)).out[0]).toMatch(/^ID +名称 +状态 +权限 +密钥串/);
  expect((await run(admin, ["state"], folder, chinese)).out).toEqual(["推理正常进行。"]);
  expect((await run(admin, ["pause", "tea"], folder, chinese)).last).toMatch(/^自 .+ 起暂停：tea$/);
  expect((await run(admin, [], folder, chinese)).errors).toContain("请说明 zgate admin 要做什么。");
  const list = await run(keys, ["list", "--json"], folder, chinese);
  expect(JSON.parse(list.out.join("\n")).data).toMatchObject([{ name: "laptop", state: "active" }]);
});

test("a running server is asked, and obeys at once", async () => {
  const app: App = await startApp();
  try {
    const asOwner = (command: Command, ...args: string[]) => run(command, args, app.dataDir);
    const { last: token } = await asOwner(keys, "create", "pilot-agent");
    const status = async (key: string) =>
      (await app.ask("What is 7 + 5?", {}, { headers: { Authorization: `Bearer ${key}` } })).status;
    expect(await status(token)).toBe(200);
    const { last: next } = await asOwner(keys, "rotate", "pilot-agent", "--overlap", "24h");
    expect([await status(token), await status(next)]).toEqual([200, 200]);
    await asOwner(keys, "end-overlap", "pilot-agent");
    expect([await status(token), await status(next)]).toEqual([401, 200]);
    await asOwner(admin, "pause", "Moving house.");
    expect(await status(next)).toBe(503);
    await asOwner(admin, "resume");
    await asOwner(keys, "disable", "pilot-agent");
    expect(await status(next)).toBe(401);
    await asOwner(admin, "block", "127.0.0.1");
    expect(await status(app.key)).toBe(403);
    await asOwner(admin, "unblock", "127.0.0.1");
    expect(await status(app.key)).toBe(200);
  } finally {
    await app.stop();
  }
});

test("what is said with a key is kept and forgotten by command, with a server and without one", async () => {
  const app: App = await startApp();
  try {
    const asOwner = (...args: string[]) => run(keys, args, app.dataDir);
    expect((await asOwner("edit", "default", "--capture", "on")).out.join()).toContain("what is said with it is kept");
    expect((await asOwner("list")).out.join()).toContain("active, captured");
    for (const stream of [true, false]) await (await app.ask("kept", { stream })).text();
    await kept(app, 2);
    expect((await asOwner("forget", "default")).last).toBe("what was said in 2 requests is gone");
    expect(readKept(app)).toEqual([]);
    await (await app.ask("kept once more")).text();
    await app.zgate.close(0);
    expect((await asOwner("forget", "default")).last).toBe("what was said in 1 request is gone");
    expect(readKept(app)).toEqual([]);
    expect((await asOwner("edit", "default", "--capture", "perhaps")).errors).toContain(
      "'capture' must be true or false",
    );
  } finally {
    await app.stop();
  }
});

test("a forgotten password is replaced, with a server and without one", async () => {
  const first = await run(admin, ["reset-password"]);
  expect(first.last.length).toBeGreaterThanOrEqual(20);
  const app: App = await startApp();
  try {
    const { last: password } = await run(admin, ["reset-password"], app.dataDir);
    expect(password).not.toBe(app.password);
    await app.restart();
    const audit = await run(admin, ["audit", "--limit", "1", "--json"], app.dataDir);
    // The environment says nothing new, so it does not undo the reset.
    expect(JSON.parse(audit.out.join("\n")).data[0]).toMatchObject({ actor: "command line", action: "admin.password" });
  } finally {
    await app.stop();
  }
});

test("what makes no sense is answered with the usage, what is refused with a sentence", async () => {
  for (const args of [["frobnicate"], ["create"], ["show"], ["create", "a", "b"], ["rotate", "1", "--overlap"]]) {
    const { code, errors, out } = await run(keys, args);
    expect([args, code, out]).toEqual([args, 2, []]);
    expect(errors).toContain("zgate keys create NAME");
  }
  expect((await run(admin, [])).code).toBe(2);
  for (const [args, sentence] of [
    [["revoke", "9"], "no key with id 9"],
    [["create", "x", "--requests-per-minute", "-3"], "requests_per_minute"],
    [["create", "x", "--request-per-minute", "3"], "no field 'request_per_minute'"],
    [["create", "x", "--expires-at", "2001-01-01"], "in the past"],
  ] as [string[], string][]) {
    const { code, errors } = await run(keys, args);
    expect([args, code]).toEqual([args, 1]);
    expect(errors).toContain(sentence);
  }
});
