import { afterAll, beforeAll, expect, test } from "bun:test";
import type { World } from "~/cli/command.ts";
import { run } from "~/cli/run.ts";
import { type App, startApp } from "../helpers/app.ts";
import { closedPort } from "../helpers/ports.ts";
import { officialToken } from "../helpers/upstreams.ts";
import { world as small } from "../helpers/world.ts";

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

async function zgate(line: string[], env: Record<string, string> = {}) {
  const printed: string[] = [];
  const complained: string[] = [];
  const world: World = {
    env: { DATA_DIR: app.dataDir, UPSTREAM_URL: app.simulator.zaiUrl, ZAI_TOKEN: officialToken(), ...env },
    envFile: () => null,
    print: (text: string) => printed.push(text),
    write: async () => {},
    complain: (text: string) => complained.push(text),
    isTerminal: false,
    signal: () => new Promise(() => {}),
    log: () => ({ debug() {}, info() {}, warning() {}, error() {}, critical() {} }),
  } as unknown as World;
  const code = await run(line, world);
  return { code, out: printed.join("\n"), err: complained.join("\n") };
}

test("an upstream's life on the command line: added, shown, ranked, rotated, tested, removed", async () => {
  const token = officialToken();
  const added = await zgate(["upstreams", "add", "second", app.simulator.zaiUrl, "--token", token, "--in-flight", "2"]);
  expect(added).toMatchObject({ code: 0, err: "" });
  expect(added.out).toContain("*=2");
  expect(added.out).not.toContain(token);
  expect((await zgate(["upstreams"])).out).toMatch(/environment[\s\S]*second/);
  expect((await zgate(["upstreams", "edit", "second", "--priority", "3"])).out).toMatch(/priority +3/);
  const next = officialToken();
  const rotated = await zgate(["upstreams", "rotate", "second/main", "--token", next, "--overlap", "1h"]);
  expect(rotated.out).toMatch(/old secret +\S+ until/);
  const tested = await zgate(["upstreams", "test", "second"]);
  expect(tested.out).toMatch(/ok +address[\s\S]*ok +connection[\s\S]*ok +credential[\s\S]*ok +model[\s\S]*ok +stream/);
  expect((await app.ask(small.questions.sum)).status).toBe(200);
  expect((await zgate(["upstreams", "health"])).out).toMatch(/second\/main +glm-4\.\S+ +closed/);
  const json = JSON.parse((await zgate(["upstreams", "list", "--json"])).out) as { data: { name: string }[] };
  expect(json.data.map(({ name }) => name)).toEqual(["environment", "second"]);
  expect((await zgate(["upstreams", "remove", "second"])).code).toBe(0);
  expect((await zgate(["upstreams", "show", "second"])).err).toContain("no upstream");
});

test("a line that makes no sense gets its usage, and a refusal its sentence", async () => {
  expect(await zgate(["upstreams", "add", "alone"])).toMatchObject({ code: 2 });
  expect(await zgate(["upstreams", "dance"])).toMatchObject({ code: 2 });
  const file = await zgate(["upstreams", "add", "file", "file:///etc/passwd"]);
  expect(file).toMatchObject({ code: 1, err: expect.stringContaining("http:// or https://") });
  const builtIn = await zgate(["upstreams", "remove", "environment"]);
  expect(builtIn).toMatchObject({ code: 1, err: expect.stringContaining("UPSTREAM_URL") });
  const chinese = await zgate(["keys", "show", "77"], { LANG: "zh_CN.UTF-8" });
  expect(chinese).toMatchObject({ code: 1, err: "zgate: 没有编号为 77 的密钥。" });
});

test("the doctor finds all well, and says in words what is not", async () => {
  const well = await zgate(["doctor"]);
  expect(well.code).toBe(0);
  expect(well.out).toEndWith("All is well.");
  const chinese = await zgate(["doctor"], { LANG: "zh_CN.UTF-8" });
  expect(chinese.out).toMatch(/毫秒后收到首字。\n一切正常。$/);

  app.simulator.next("http401", "models");
  const refused = await zgate(["doctor"]);
  expect(refused.code).toBe(1);
  expect(refused.out).toMatch(/no +credential +Z\.ai refused the key.*not interchangeable/);

  app.simulator.next("e429_1113");
  const poor = await zgate(["doctor"]);
  expect(poor.out).toMatch(/no +stream +The Z\.ai account has no balance/);
  app.simulator.next("e429_1311");
  expect((await zgate(["doctor"])).out).toMatch(/no +stream +The Z\.ai plan does not include this model/);
});

test("without a running server the doctor and the commands open the folder themselves", async () => {
  await app.zgate.close(0);
  const token = officialToken();
  const nobody = { UPSTREAM_URL: `http://127.0.0.1:${closedPort()}/v1` };
  const sick = await zgate(["doctor"], nobody);
  expect(sick.code).toBe(1);
  expect(sick.out).toContain("nobody listens there");
  const added = await zgate(["upstreams", "add", "later", app.simulator.zaiUrl, "--token", token]);
  expect(added).toMatchObject({ code: 0, err: "" });
  await app.restart();
  expect((await zgate(["upstreams", "list"])).out).toContain("later");
});
