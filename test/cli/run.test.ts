import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commands, loadCommands } from "~/cli/run.ts";
import { version } from "~/version.ts";
import { fakeKey } from "../helpers/world.ts";
import { scratch, zgate } from "./process.ts";

test("--version says the version alone", async () => {
  expect(await zgate(["--version"])).toEqual({ code: 0, out: version, err: "" });
});

test("--help names every command, in the reader's language", async () => {
  const english = await zgate(["--help"]);
  const chinese = await zgate(["--help"], { LANG: "zh_CN.UTF-8" });
  for (const [name, { summary }] of await loadCommands()) {
    expect(english.out).toContain(`zgate ${name}`);
    expect(english.out).toContain(summary.en);
    expect(chinese.out).toContain(summary.zh);
  }
  expect(english.code).toBe(0);
});

test("every command explains itself", async () => {
  for (const name of Object.keys(commands)) {
    const help = await zgate([name, "--help"]);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(new RegExp(`^  zgate ${name}`, "m"));
    expect((await zgate(["help", name])).out).toBe(help.out);
  }
});

test("an unknown command and an unknown flag suggest the nearest, and exit 2", async () => {
  expect(await zgate(["bakup"])).toMatchObject({ code: 2, err: expect.stringContaining("did you mean 'backup'?") });
  expect(await zgate(["dance"])).toMatchObject({
    code: 2,
    err: "zgate: there is no command 'dance'. See zgate --help.",
  });
  expect(await zgate(["backup", "--too", "x"])).toMatchObject({ code: 2, err: expect.stringContaining("'--to'") });
  expect(await zgate(["keys", "rotat", "x"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("mean 'rotate'?"),
  });
  expect(await zgate(["keys", "create", "x", "--usd-per-dya", "1"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("did you mean '--usd-per-day'?"),
  });
  expect((await zgate(["upstreams", "ad"])).err).toContain("did you mean 'add'?");
  expect((await zgate(["admin", "blok", "127.0.0.1"])).err).toContain("did you mean 'block'?");
  expect(await zgate(["config", "extra"])).toMatchObject({
    code: 2,
    err: "zgate config: there is no place for 'extra'.",
  });
  expect((await zgate(["prune", "90", "--keep-days", "30"])).err).toContain("no place for '90'");
  expect((await zgate(["doctor", "--jsn"])).err).toContain("did you mean '--json'?");
  expect(await zgate(["serve", "--prot=1"])).toMatchObject({ code: 2 });
  expect(await zgate(["bakup"], { LC_ALL: "zh_TW" })).toMatchObject({ err: expect.stringContaining("是否想输入") });
});

test("what is wrong with a command's words is said in the reader's language", async () => {
  const chinese = { LANG: "zh_CN.UTF-8" };
  const said: [string[], string, string][] = [
    [
      ["keys", "rotat"],
      "zgate keys has no 'rotat'; did you mean 'rotate'?",
      "zgate keys 没有 'rotat'，是否想输入 'rotate'？",
    ],
    [["upstreams", "add", "spare"], "needs a name and an address.", "zgate upstreams add 需要名称和地址。"],
    [["admin", "block", "10.0.0.1", "x"], "There are more words than it takes.", "参数过多。"],
    [["prune", "--keep-days", "x"], "--keep-days takes a whole number", "--keep-days 须为整数天数"],
    [["export", "--format", "xml"], "--format takes csv or jsonl.", "--format 须为 csv 或 jsonl。"],
  ];
  for (const [args, english, other] of said) {
    expect(await zgate(args)).toMatchObject({ code: 2, err: expect.stringContaining(english) });
    expect(await zgate(args, chinese)).toMatchObject({ code: 2, err: expect.stringContaining(other) });
  }
});

test("config shows what is in effect and where it comes from, and no secret", async () => {
  const key = fakeKey("client");
  const env = { DEFAULT_KEY: key, ZAI_PORT: "8080", ZAI_TOKEN: fakeKey("token") };
  const text = await zgate(["config"], env);
  expect(text.code).toBe(0);
  expect(text.out).toMatch(/^PORT +8080 +environment$/m);
  expect(text.out).toMatch(/^DEFAULT_KEY +\*{8} +environment$/m);
  expect(text.out).not.toContain(key);
  const json = JSON.parse((await zgate(["config", "--json"], env)).out);
  expect(json.settings).toContainEqual({ name: "PORT", group: "door", value: "8080", from: "environment" });
});

test("config exits 1 and names each value that makes no sense", async () => {
  const { code, err } = await zgate(["config"], { PORT: "many", LOG_LEVEL: "loud" });
  expect(code).toBe(1);
  expect(err).toContain("PORT");
  expect(err).toContain("LOG_LEVEL");
});

test("health of a folder that nobody serves is 1", async () => {
  using folder = scratch();
  expect(await zgate(["health"], { DATA_DIR: folder.path })).toMatchObject({ code: 1, out: "not running" });
  expect(JSON.parse((await zgate(["health", "--json"], { DATA_DIR: folder.path })).out)).toEqual({
    state: "not running",
  });
});

test("why it does not start is said in the reader's language", async () => {
  using folder = scratch();
  writeFileSync(join(folder.path, "file"), "");
  const env = { DATA_DIR: join(folder.path, "file"), ZAI_TOKEN: fakeKey("token") };
  expect((await zgate(["keys", "list"], env)).err).toContain("is not a folder; set DATA_DIR to one");
  expect((await zgate(["keys", "list"], { ...env, LANG: "zh_CN.UTF-8" })).err).toContain("不是文件夹");
});

test("the source runs in any folder, and reads the .env that lies there itself", async () => {
  using folder = scratch();
  writeFileSync(join(folder.path, ".env"), "DATA_DIR=kept$HOME#here\n");
  const main = join(import.meta.dir, "../../src/main.ts");
  const child = Bun.spawn(["bun", main, "keys", "list"], {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? "", HOME: "/home" },
    stdout: "ignore",
    stderr: "inherit",
  });
  expect(await child.exited).toBe(0);
  expect(existsSync(join(folder.path, "kept$HOME#here", "zgate.db"))).toBe(true);
});
