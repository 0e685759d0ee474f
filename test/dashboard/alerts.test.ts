import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, world } from "../helpers/world.ts";
import { type Owner, signIn } from "./owner.ts";

// A whole zgate starts here, on a machine that may be busy.
setDefaultTimeout(30_000);

const markup = "<img src=x onerror=alert(1)>";
const secret = fakeKey("webhook");
/** No rule that this machine could break by itself. */
const quiet = { window_minutes: "15", error_rate_at_least: "1" };

interface Told {
  event: string;
  alert: { rule: string; subject: string } | null;
}

let app: App;
let owner: Owner;
let hook: Bun.Server<undefined>;
const told: Told[] = [];

beforeAll(async () => {
  hook = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const body = await request.text();
      const [, seconds, mac] = /^t=(\d+),v1=(\w+)$/.exec(request.headers.get("x-zgate-signature") ?? "") ?? [];
      expect(createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")).toBe(mac ?? "");
      told.push(JSON.parse(body));
      return new Response(null, { status: 204 });
    },
  });
  app = await startApp({
    env: { ALERT_WEBHOOK_URL: hook.url.href, ALERT_WEBHOOK_SECRET: secret, BREAKER_FAILURES: "1" },
  });
  owner = await signIn(app);
  expect((await owner.post("/dashboard/alerts", quiet)).status).toBe(303);
});
afterAll(async () => {
  await app.stop();
  await hook.stop(true);
});

const page = async (path: string) => (await owner.get(path)).text();
const bannerOf = (html: string) => /<section class="banner".*?<\/section>/s.exec(html)?.[0] ?? "";
const rulesTold = (event: string) => told.flatMap((one) => (one.event === event ? [one.alert!.rule] : [])).sort();

test("a page says what is wrong, wherever its reader is, and the webhook hears when it began and ended", async () => {
  const made = await (
    await owner.post("/dashboard/keys", { name: markup, rights: "inference", tokens_per_day: "100" })
  ).text();
  const token = /<code>([^<\s]{20,})<\/code>/.exec(made)?.[1] ?? "";
  const id = /href="\/dashboard\/keys\/(\d+)"/.exec(made)?.[1];
  expect(bannerOf(await page("/dashboard"))).toBe("");
  for (let n = 0; n < 3; n++) {
    await app.ask(world.questions.sum, {}, { headers: { authorization: `Bearer ${token}` } });
    await app.ask(world.questions.sum, {}, { headers: { authorization: "Bearer nobody-knows-this-string" } });
  }
  await app.settled(4);

  const strict = {
    ...{ budget_share: "5 %", key_requests_per_hour: "1", refusals_per_address: "1" },
    ...{ disk_free_share: "100", memory_mb: "16" },
  };
  const expected = ["budget_share", "disk_free_share", "key_requests_per_hour", "memory_mb", "refusals_per_address"];
  expect((await owner.post("/dashboard/alerts", { ...quiet, ...strict, p95_ms: "1" })).status).toBe(303);
  while (rulesTold("alert.started").length < expected.length) await Bun.sleep(5);
  expect(rulesTold("alert.started").filter((rule) => rule !== "p95_ms")).toEqual(expected);

  const html = await page("/dashboard/alerts");
  expect(html).toContain(`requests from 127.0.0.1 were refused in 15 minutes`);
  expect(html).toContain(`/dashboard/requests?range=1h&address=127.0.0.1&outcome=rejected`);
  expect(html).toContain(`href="/dashboard/keys/${id}"`);
  expect(html).not.toContain(markup);
  expect(bannerOf(await page("/dashboard/audit"))).toContain("All ");

  await owner.post("/dashboard/alerts", quiet);
  expect(bannerOf(await page("/dashboard"))).toBe("");
  while (rulesTold("alert.ended").length < rulesTold("alert.started").length) await Bun.sleep(5);
});

test("the line of a page brings the banner and takes it away", async () => {
  const leave = new AbortController();
  const response = await fetch(`${app.url}/dashboard/live?rows=none`, {
    headers: { cookie: owner.cookie },
    signal: leave.signal,
  });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const until = async (pattern: RegExp) => {
    while (!pattern.test(text)) text += decoder.decode((await reader.read()).value, { stream: true });
    text = "";
  };
  await until(/event: alerts\ndata: <!--/);
  await owner.post("/dashboard/alerts", { ...quiet, memory_mb: "16" });
  await until(/event: alerts\ndata: <section class="banner"/);
  await owner.post("/dashboard/alerts", quiet);
  await until(/event: alerts\ndata: <!--/);
  leave.abort();
});

test("an upstream that nobody can ask and requests that fail are told as well", async () => {
  app.simulator.next("http500");
  await app.ask(world.questions.sum);
  app.simulator.next("http401");
  await app.ask(world.questions.sum);
  const rows = app.rows();
  await app.settled(rows.length);
  await owner.post("/dashboard/alerts", { ...quiet, error_rate: "1", upstream_down: "true" });
  expect(bannerOf(await page("/dashboard"))).toMatch(/of \d+ requests failed in 15 minutes/);
  expect(bannerOf(await page("/dashboard"))).toContain("Every upstream account rests at the moment");
  await owner.post("/dashboard/alerts", quiet);
});

test("a rule that makes no sense is refused in the reader's language, beside what was typed", async () => {
  const refused = await owner.post(
    "/dashboard/alerts",
    { ...quiet, memory_mb: "many" },
    { "accept-language": "zh-CN" },
  );
  expect(refused.status).toBe(400);
  const html = await refused.text();
  expect(html).toContain("“memory_mb”必须是 16 到 10000000 之间的数字。");
  expect(html).toContain('value="many"');
  const above = await owner.post("/dashboard/alerts", { ...quiet, error_rate: "150" });
  expect(await above.text()).toContain("It must be a number from 0 to 100.");
});

test("the webhook can be tried", async () => {
  const html = await (await owner.post("/dashboard/alerts/test", {})).text();
  expect(html).toContain("The webhook took the message.");
  expect(told.at(-1)).toMatchObject({ event: "alert.test", alert: null });
});

test("a restart tells nothing twice, and tells the end of what ended meanwhile", async () => {
  const loud = { ...quiet, disk_free_share: "100", memory_mb: "16" };
  const count = () => rulesTold("alert.started").length + rulesTold("alert.ended").length;
  const active = async (told: string) => {
    for (;;) {
      const { active } = await (await owner.get("/admin/api/reports/alerts")).json();
      if (active.every((alert: { told: string }) => alert.told === told)) return active;
      await Bun.sleep(5);
    }
  };
  await owner.post("/dashboard/alerts", loud);
  const before = await active("started");
  expect(before.map(({ rule }: { rule: string }) => rule).sort()).toEqual(["disk_free_share", "memory_mb"]);
  const toldBefore = count();

  await app.restart();
  owner = await signIn(app);
  expect(await active("started")).toMatchObject(before);
  expect(bannerOf(await page("/dashboard"))).toContain("of the disk is free");
  // The same rules look again, and find what is known.
  await owner.post("/dashboard/alerts", loud);
  expect(count()).toBe(toldBefore);

  await app.restart();
  owner = await signIn(app);
  await owner.post("/dashboard/alerts", quiet);
  while (count() < toldBefore + 2) await Bun.sleep(5);
  await app.restart();
  owner = await signIn(app);
  expect(bannerOf(await page("/dashboard"))).toBe("");
  expect(await page("/dashboard/alerts")).toContain("What was wrong before");
  expect(await page("/dashboard/alerts")).not.toContain("the webhook has not taken it yet");
  await owner.post("/dashboard/alerts", quiet);
  expect(count()).toBe(toldBefore + 2);
});
