import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { closedPort } from "../helpers/ports.ts";
import { addUpstream } from "../helpers/upstreams.ts";
import { world } from "../helpers/world.ts";
import { type Owner, signIn } from "./owner.ts";

const markup = "<img src=x onerror=alert(1)>";
const formula = "=HYPERLINK(1)";

let app: App;
let owner: Owner;
beforeAll(async () => {
  app = await startApp();
  owner = await signIn(app);
  await app.ask(world.questions.sum, {}, { headers: { "user-agent": world.userAgents.openai } });
  await app
    .ask(world.questions.poem, { stream: true }, { headers: { "user-agent": markup } })
    .then((one) => one.text());
  await app.ask(world.questions.sum, { model: markup }, { headers: { "user-agent": formula } });
  await app.ask(world.questions.sum, {}, { headers: { authorization: "Bearer nobody-knows-this-string" } });
  await app.settled(4);
});
afterAll(() => app.stop());

const page = async (path: string) => (await owner.get(path)).text();

describe("the overview", () => {
  test("counts every request once, by outcome", async () => {
    const html = await page("/dashboard?range=1h");
    expect(html).toMatch(/<h2>Requests<\/h2><p class="value-big" title="4">/);
    expect(html).toContain("2 completed · 2 rejected · 0 left early");
    expect(html).toContain("<h2>Error rate</h2>");
  });

  test("is filtered by its address, and says by what", async () => {
    const html = await page("/dashboard?range=1h&outcome=completed&client=openai-js");
    expect(html).toMatch(/<h2>Requests<\/h2><p class="value-big" title="\d">/);
    expect(html).toContain('aria-label="Remove this filter"');
    const added = await owner.get("/dashboard?range=7d&add=key&value=default");
    expect(added.headers.get("location")).toBe("/dashboard?range=7d&key=1");
    expect(await page("/dashboard?range=7d&key=1")).toContain('<span class="cut">default</span>');
  });

  test("leads from a day to its requests, and from one of them to those that share something with it", async () => {
    const linksOf = (html: string, pattern: RegExp) =>
      [...html.matchAll(/href="([^"]+)"/g)]
        .map(([, href = ""]) => href.replaceAll("&amp;", "&"))
        .filter((href) => pattern.test(href));
    const days = linksOf(await page("/dashboard?range=7d"), /^\/dashboard\?from=/);
    const day = await page(days.at(-1)!);
    expect(day).toMatch(/<h2>Requests<\/h2><p class="value-big" title="4">/);
    const list = `${days.at(-1)!.replace("/dashboard?", "/dashboard/requests?")}&outcome=completed`;
    const [completed] = linksOf(await page(list), /requests\/req_/);
    const [, shared] = linksOf(await page(completed!), /requests\?from=.*(model|api)=/);
    expect(await page(shared!)).toContain(completed!);
  });

  test("compares with nothing where the time before is not on record", async () => {
    expect(await page("/dashboard?range=1h")).not.toContain("against the period before");
  });

  test("is sent piece by piece to htmx, the same piece as on the page", async () => {
    const piece = await (await owner.get("/dashboard?range=1h", { "hx-request": "true" })).text();
    expect(piece).not.toContain("<html");
    expect(piece).toContain('class="stats"');
  });

  test("opens on three steps until an upstream has answered once", async () => {
    const fresh = await startApp();
    const visitor = await signIn(fresh);
    const before = await (await visitor.get("/dashboard")).text();
    expect(before).toContain("Three steps to the first answer");
    expect(before).toContain(`${fresh.url}/v1`);
    await fresh.ask(world.questions.sum);
    await fresh.settled(1);
    expect(await (await visitor.get("/dashboard")).text()).not.toContain("Three steps");
    await fresh.stop();
  });
});

describe("what strangers write", () => {
  test("is text wherever it is shown", async () => {
    const rows = app.rows();
    const refused = rows.find((row) => row.model_asked === markup)!;
    const ids = `req_${refused.id.toString(36)}`;
    for (const path of ["?range=1h", "/requests", "/by/agent", "/by/model", `/requests/${ids}`, "/keys/1"]) {
      const html = await page(`/dashboard${path}`);
      expect([path, html.includes(markup)]).toEqual([path, false]);
      expect([path, html.includes("&lt;img src=x")]).toEqual([path, true]);
    }
    const filtered = await page(`/dashboard/requests?agent=${encodeURIComponent(`"><script>alert(1)</script>`)}`);
    expect(filtered).not.toContain("<script>alert(1)");
  });

  test("is no formula in a spreadsheet", async () => {
    const csv = await page("/dashboard/export.csv?range=1h");
    expect(csv.split("\r\n")[0]).toStartWith("request_id,accepted_at,outcome");
    expect(csv).toContain(`,'${formula},`);
    expect(csv).not.toContain(`,${formula}`);
  });
});

describe("the list of requests", () => {
  test("is exported whole, as it is filtered", async () => {
    const lines = (await page("/dashboard/export.jsonl?range=1h&outcome=completed")).trim().split("\n");
    const told = lines.map((line) => JSON.parse(line));
    const rows = app.rows().filter((row) => row.outcome === "completed");
    expect(told.map(({ tokens_in }) => tokens_in)).toEqual(rows.map((row) => row.tokens_in).reverse());
    expect(told[0]).toMatchObject({ outcome: "completed", key: "default", model: world.models.usual });
  });

  test("finds a request by its id, its user agent and its address", async () => {
    const [first] = app.rows();
    const id = `req_${first!.id.toString(36)}`;
    const found = async (search: string) =>
      [...(await page(`/dashboard/requests?q=${encodeURIComponent(search)}`)).matchAll(/<tr id="r(\d+)"/g)].length;
    expect(await found(id)).toBe(1);
    expect(await found("onerror")).toBe(1);
    expect(await found("127.0.0.1")).toBe(4);
    expect(await found("100%")).toBe(0);
  });

  test("shows one request with all that is known of it", async () => {
    const [first] = app.rows();
    const html = await page(`/dashboard/requests/req_${first!.id.toString(36)}`);
    expect(html).toContain("POST /v1/chat/completions");
    expect(html).toContain(world.userAgents.openai);
    expect(html).toContain("Where the time went");
    expect((await owner.get("/dashboard/requests/req_zzzzzzz")).status).toBe(404);
  });
});

describe("keys", () => {
  const secretIn = (html: string) => /<code>([^<\s]{20,})<\/code>/.exec(html)?.[1] ?? "";
  const ask = async (secret: string) =>
    (await app.ask(world.questions.sum, {}, { headers: { authorization: `Bearer ${secret}` } })).status;

  test("are made, used, rotated, taken back and revoked on pages", async () => {
    const made = await (
      await owner.post("/dashboard/keys", { name: world.keys.laptop.name, rights: "inference" })
    ).text();
    const first = secretIn(made);
    expect(await ask(first)).toBe(200);
    const id = /href="\/dashboard\/keys\/(\d+)"/.exec(made)?.[1];
    expect(await page(`/dashboard/keys/${id}`)).not.toContain(first);

    const second = secretIn(await (await owner.post(`/dashboard/keys/${id}/rotate`, { overlap: "1h" })).text());
    expect([await ask(first), await ask(second)]).toEqual([200, 200]);
    expect((await owner.post(`/dashboard/keys/${id}/undo-rotation`, {})).status).toBe(303);
    expect([await ask(first), await ask(second)]).toEqual([200, 401]);

    expect((await owner.post(`/dashboard/keys/${id}/revoke`, {})).status).toBe(400);
    expect(await ask(first)).toBe(200);
    expect((await owner.post(`/dashboard/keys/${id}/revoke`, { sure: "yes" })).status).toBe(303);
    expect(await ask(first)).toBe(401);

    const audit = await page("/dashboard/audit");
    for (const action of ["key.create", "key.rotate", "key.revoke"]) expect(audit).toContain(action);
    expect(audit).not.toContain(first);
  });

  test("are made once by a form that is sent twice", async () => {
    const fields = { name: "twice", rights: "inference", idempotency_key: crypto.randomUUID() };
    const first = await (await owner.post("/dashboard/keys", fields)).text();
    const second = await (await owner.post("/dashboard/keys", fields)).text();
    expect(secretIn(first)).not.toBe("");
    expect(secretIn(second)).toBe("");
  });

  test("show what was wrong with a form beside the field, and keep what was typed", async () => {
    const response = await owner.post("/dashboard/keys", { name: "pilot", rights: "inference", in_flight: "-1" });
    expect(response.status).toBe(400);
    const html = await response.text();
    expect(html).toMatch(/id="in_flight"[^>]*value="-1"[^>]*aria-invalid="true"/);
    expect(html).toMatch(/id="name"[^>]*value="pilot"/);
  });
});

describe("whoever reads Chinese", () => {
  const chinese = { "accept-language": "zh-CN" };
  const said = async (path: string, fields: Record<string, string>) => {
    const html = await (await owner.post(path, fields, chinese)).text();
    return /class="problem"[^>]*>([^<]*)</.exec(html)?.[1];
  };

  test("reads in Chinese what is wrong with a form", async () => {
    const key = { name: "pilot", rights: "inference" };
    expect(await said("/dashboard/keys", { ...key, in_flight: "-1" })).toStartWith("“in_flight”必须在 1 和 ");
    expect(await said("/dashboard/keys", { ...key, secret: "short" })).toContain("少于 20 个");
    expect(await said("/dashboard/keys", { ...key, name: "default" })).toBe("已有名为“default”的密钥。");
    expect(await said("/dashboard/keys/1/revoke", {})).toContain("请先勾选确认框");
    expect(await said("/dashboard/system/block", { network: "127.0.0.0/8" })).toContain("你会把自己锁在外面");
    expect(await said("/dashboard/prices", { model: "glm-4.7", input: "a" })).toContain("每百万 token 的金额");
    expect(await said("/dashboard/upstreams", { name: "one", url: "nowhere" })).toContain("http:// 或 https:// 地址");
    expect(await (await owner.get("/dashboard/nothing", chinese)).text()).toContain("没有这个页面");
  });
});

describe("upstreams", () => {
  test("are tested on request, and the page says what was found", async () => {
    const html = await (await owner.post("/dashboard/upstreams/test", {})).text();
    expect(html).toContain("What the test found");
    expect(html).toContain("The first word came after");
    const chinese = { "accept-language": "zh-CN" };
    expect(await (await owner.post("/dashboard/upstreams/test", {}, chinese)).text()).toContain("毫秒后收到首字");
  });

  test("in a private network are refused with a sentence, and what was typed stays, but for the token", async () => {
    const token = `made.${crypto.randomUUID()}`;
    const refused = await owner.post("/dashboard/upstreams", { name: "second", url: app.simulator.zaiUrl, token });
    expect(refused.status).toBe(400);
    const html = await refused.text();
    expect(html).toContain("private");
    expect(html).not.toContain(token);
    expect(html).toContain('value="second"');
  });

  test("are added, get further credentials and go again", async () => {
    const open = await startApp({ env: { ALLOW_PRIVATE_UPSTREAMS: "true" } });
    const admin = await signIn(open);
    const tokens = [1, 2, 3].map(() => `made.${crypto.randomUUID()}`);
    const list = async () => (await admin.get("/dashboard/upstreams")).text();
    const fields = { name: "second", url: open.simulator.zaiUrl, token: tokens[0]!, in_flight: "2", priority: "" };
    expect((await admin.post("/dashboard/upstreams", { ...fields, dialect: "auto" })).status).toBe(303);
    const path = /\/dashboard\/upstreams\/\d+/.exec(await list())![0];
    const own = async () => (await admin.get(path)).text();
    expect((await admin.post(`${path}/credentials`, { name: "spare", token: tokens[1]! })).status).toBe(303);
    const credential = /\/dashboard\/credentials\/\d+/.exec(await own())![0];
    expect((await admin.post(`${credential}/rotate`, { token: tokens[2]!, overlap: "1h" })).status).toBe(303);
    expect(await own()).toContain("helps out where the new one is refused");
    for (const token of tokens) expect((await list()) + (await own())).not.toContain(token);
    expect((await admin.post(`${path}/remove`, {})).status).toBe(400);
    expect((await admin.post(`${path}/remove`, { sure: "yes" })).status).toBe(303);
    expect(await list()).not.toContain("second");
    expect((await admin.get(path)).status).toBe(404);
    await open.stop();
  });

  test("are renamed, ranked, limited and moved on a page of their own, and what is refused stays as it was typed", async () => {
    const open = await startApp({ env: { ALLOW_PRIVATE_UPSTREAMS: "true" } });
    const admin = await signIn(open);
    await addUpstream(open, {
      name: "<i>second</i>",
      token: `made.${crypto.randomUUID()}`,
      in_flight: "glm-4.7=1,*=3",
    });
    const path = "/dashboard/upstreams/1";
    const html = async () => (await admin.get(path)).text();
    expect(await html()).toContain('value="glm-4.7=1, *=3"');
    expect(await html()).not.toContain("<i>");
    const limits = { name: "main", in_flight: "2", priority: "3", weight: "4", models: "" };
    expect((await admin.post("/dashboard/credentials/1/edit", limits)).status).toBe(303);
    expect(await html()).toContain("priority 3 · weight 4 · in flight 2");
    const fields = {
      name: "second",
      url: open.simulator.zaiUrl,
      dialect: "zai",
      priority: "20",
      weight: "2",
      models: "glm-4*",
    };
    expect((await admin.post(`${path}/edit`, fields)).status).toBe(303);
    expect(await html()).toContain("zai · priority 20 · weight 2 · glm-4*");
    await (await open.ask(world.questions.sum)).text();

    const refused = await admin.post(`${path}/edit`, {
      ...fields,
      url: `http://127.0.0.1:${closedPort()}/v1`,
      weight: "7",
    });
    expect(refused.status).toBe(400);
    const said = await refused.text();
    expect(said).toMatch(/<details class="card" open>[\s\S]*id="edit-url-problem"[^>]*>[^<]*nobody listens there/);
    expect(said).toContain('id="edit-weight" name="weight" type="text" value="7"');
    expect((await admin.post("/dashboard/credentials/1/edit", { ...limits, weight: "0" })).status).toBe(400);
    expect((await admin.get("/dashboard/upstreams/environment")).status).toBe(200);
    expect((await admin.get("/dashboard/upstreams/2")).status).toBe(404);
    expect((await admin.post("/dashboard/credentials/9/disable", {})).status).toBe(404);

    // What the list asks for again every few seconds is its own piece.
    const piece = await (await admin.get("/dashboard/upstreams", { "HX-Request": "true" })).text();
    expect(piece).toContain("second");
    expect(piece).not.toContain("<html");
    await open.stop();
  });
});

describe("the house", () => {
  test("pauses inference with the owner's words, and lets it go on", async () => {
    await owner.post("/dashboard/system/pause", { message: "Back at noon" });
    const refused = await app.ask(world.questions.sum);
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining("Back at noon")]);
    expect(await page("/dashboard/system")).toContain("Back at noon");
    await owner.post("/dashboard/system/resume", {});
    expect((await app.ask(world.questions.sum)).status).toBe(200);
  });

  test("sets prices, and says what is wrong with one", async () => {
    const price = { model: "glm-4.7", input: "1.5", output: "3", currency: "CNY" };
    expect((await owner.post("/dashboard/prices", price)).status).toBe(303);
    expect(await page("/dashboard/prices")).toMatch(/glm-4\.7<\/th><td class="n">1\.50<\/td>/);
    const wrong = await owner.post("/dashboard/prices", { ...price, input: "much" });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('value="much"');
    expect((await owner.post("/dashboard/prices/reset", { model: "glm-4.7" })).status).toBe(303);
  });

  test("computes costs by today's prices: rows first, then sums, and says so in the audit log", async () => {
    const row = () => app.rows().find(({ outcome, tokens_in }) => outcome === "completed" && Number(tokens_in) > 0)!;
    const before = row();
    const price = { model: world.models.usual, input: "1000", output: "1000", currency: "CNY" };
    await owner.post("/dashboard/prices", price);
    expect(row().cost_nano).toBe(before.cost_nano);
    const wrong = await owner.post("/dashboard/prices/recompute", { from: "yesterday" });
    expect([wrong.status, (await wrong.text()).includes("must be a day like")]).toEqual([400, true]);
    expect((await owner.post("/dashboard/prices/recompute", { from: "2025-06-01" })).status).toBe(303);
    const piece = async () => (await owner.get("/dashboard/prices/recompute", { "hx-request": "true" })).text();
    while ((await piece()).includes("badge running")) await Bun.sleep(10);
    expect(await piece()).toContain("badge completed");
    const { cost_nano, tokens_in, tokens_out } = row();
    expect(cost_nano).toBe((Number(tokens_in) + Number(tokens_out)) * 1_000_000);
    expect(await page("/dashboard?range=1h")).toMatch(/<h2>Cost<\/h2>.*?¥/s);
    expect(await page("/dashboard/audit")).toContain("costs.recompute");
    await owner.post("/dashboard/prices/reset", { model: world.models.usual });
  });

  test("shows its settings without a secret", async () => {
    const html = await page("/dashboard/system");
    expect(html).toContain("ZAI_TOKEN");
    for (const secret of [app.key, app.password]) expect(html).not.toContain(secret);
  });

  test("signs everybody out", async () => {
    const other = await signIn(app);
    expect((await other.post("/dashboard/system/sign-out-everywhere", {})).status).toBe(303);
    expect((await owner.get("/dashboard")).status).toBe(303);
    owner = await signIn(app);
  });
});
