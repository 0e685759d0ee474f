import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { requestIdOf } from "~/record/request-id.ts";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, world } from "../helpers/world.ts";
import { type Owner, signIn } from "./owner.ts";

// A whole zgate starts here, on a machine that may be busy.
setDefaultTimeout(30_000);

const zh = { "accept-language": "zh-CN" };
let app: App;
let owner: Owner;

beforeAll(async () => {
  app = await startApp({ env: { BREAKER_FAILURES: "5" } });
  owner = await signIn(app);
});
afterAll(() => app.stop());

const page = async (path: string, headers = {}) => (await owner.get(path, headers)).text();

test("an upstream is not called well before it was asked, nor after it failed once", async () => {
  expect(await page("/dashboard/upstreams")).toContain("nothing asked lately");
  await app.ask(world.questions.sum);
  expect(await page("/dashboard/upstreams")).toContain("all well");
  app.simulator.next("http500");
  await app.ask(world.questions.sum);
  const html = await page("/dashboard/upstreams");
  expect(html).toContain("1 of the last 2 tries failed");
  expect(html).toContain("last try failed");
  await app.ask(world.questions.sum);
  expect(await page("/dashboard/upstreams")).not.toContain("last try failed");
});

test("the credential of the environment is shown by the end of it", async () => {
  expect(await page("/dashboard/upstreams")).toMatch(/ZAI_TOKEN<\/span> <code>…\w{4}<\/code>/);
});

test("Z.ai's codes are explained in the reader's language, and a test that succeeds ends the rest", async () => {
  app.simulator.next("e429_1113");
  await app.ask(world.questions.sum);
  const rows = await app.settled(4);
  const id = requestIdOf(rows.at(-1)!.id);
  expect(await page(`/dashboard/requests/${id}`)).toContain(
    "The Z.ai account has no balance or resource package for this address.",
  );
  expect(await page(`/dashboard/requests/${id}`, zh)).toContain("Z.ai 账户在此地址没有余额或资源包。");
  const resting = await page("/dashboard/upstreams/environment", zh);
  expect(resting).toContain("额度不足 (1113): Z.ai 账户在此地址没有余额或资源包。");
  expect(resting).toContain("结束休息");

  const tested = await (await owner.post("/dashboard/upstreams/environment/test", {}, zh)).text();
  expect(tested).toContain("毫秒后收到首字");
  expect(tested).not.toContain("结束休息");
  expect(await page("/dashboard/upstreams")).not.toContain("last try failed");
});

test("what else its owner should know of a new upstream is said in the reader's language", async () => {
  // Behind a proxy no name is looked up here.
  const behind = await startApp({ env: { UPSTREAM_PROXY: "http://127.0.0.1:9" } });
  const one = await signIn(behind);
  const fields = { name: "plan", url: "https://api.z.ai/api/coding/paas/v4", token: fakeKey("cut"), probe: "false" };
  const added = await one.post("/dashboard/upstreams", { ...fields, accept_coding_plan_terms: "true" }, zh);
  const html = await added.text();
  expect(html).toContain("这是 GLM 编程套餐。");
  expect(html).toContain("此 Token 不像 Z.ai 的密钥");
  expect(await (await one.get("/dashboard/upstreams")).text()).toContain("This token is not shaped like a key");
  await behind.stop();
});

test("what else its owner should know of a new secret is said in the reader's language", async () => {
  const made = await (
    await owner.post("/dashboard/keys", { name: "guest", rights: "inference", expires_at: "12h" })
  ).text();
  const id = /href="\/dashboard\/keys\/(\d+)"/.exec(made)?.[1];
  const rotated = await owner.post(`/dashboard/keys/${id}/rotate`, { overlap: "7d" }, zh);
  expect(await rotated.text()).toContain("而非 7d，因为密钥本身届时到期。");
});
