import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Owner, signIn } from "../dashboard/owner.ts";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";
import { kept, switchOn } from "./kept.ts";

setDefaultTimeout(30_000);

const markup = "<img src=x onerror=alert(1)>";

interface AuditRow {
  action: string;
  actor: string;
  subject: string;
}

let app: App;
let owner: Owner;
let id: string;
beforeAll(async () => {
  app = await startApp();
  owner = await signIn(app);
  await switchOn(owner);
  await (await app.ask(`${markup} ${world.questions.sum}`, { stream: true })).text();
  id = (await kept(app, 1))[0]!.requestId;
});
afterAll(() => app.stop());

const page = async (path: string, language = "en") => (await owner.get(path, { "accept-language": language })).text();
const admin = (path: string, init: RequestInit = {}, key = "") =>
  fetch(`${app.url}/admin/api${path}`, {
    ...init,
    headers:
      key === ""
        ? { cookie: owner.cookie, "x-csrf-token": owner.csrf, "sec-fetch-site": "same-origin" }
        : { authorization: `Bearer ${key}` },
  });
const audit = async (): Promise<AuditRow[]> => (await (await admin("/audit")).json()).data;
const views = async () => (await audit()).filter(({ action }) => action === "capture.view");
const makeKey = async (name: string, rights: string[]) =>
  (await (await admin("/keys", { method: "POST", body: JSON.stringify({ name, rights }) })).json()).token as string;

describe("the page of a request", () => {
  test("says that its bodies were kept, and shows none of them by the way", async () => {
    const html = await page(`/dashboard/requests/${id}`);
    expect(html).toContain("What was said");
    expect(html).toContain(`/dashboard/requests/${id}?bodies=show`);
    expect(html).not.toContain("7 + 5");
    expect(await views()).toEqual([]);
    expect(await page(`/dashboard/requests/${id}`, "zh")).toContain("查看对话内容");
  });

  test("shows them to who asks, as text whatever they look like, and puts him on record", async () => {
    const html = await page(`/dashboard/requests/${id}?bodies=show`);
    expect(html).not.toContain(markup);
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt; What is 7 + 5?");
    // Put together from its events, and as the events that it was.
    expect(html).toContain(world.answers.sum);
    expect(html).toContain("data: {");
    expect(html).toContain("data: [DONE]");
    const [seen, ...others] = await views();
    expect(others).toEqual([]);
    expect(seen).toMatchObject({ actor: "admin", subject: `request ${id}`, after: { key: "default" } });
    expect(await page("/dashboard/audit")).toContain(`href="/dashboard/requests/${id}"`);
  });
});

describe("the admin API", () => {
  test("tells an admin key what was said, and who looked", async () => {
    const key = await makeKey("ops", ["admin"]);
    const told = await (await admin(`/captures/${id}`, {}, key)).json();
    expect(told).toMatchObject({ request_id: id, key: 1, request: { truncated: false }, answer: { truncated: false } });
    expect(JSON.parse(told.request.text).messages[0].content).toContain(markup);
    expect(told.answer.words.at(-1)).toEqual({ name: "content", text: world.answers.sum });
    expect((await views())[0]).toMatchObject({ actor: "key ops", subject: `request ${id}` });
  });

  test("tells nobody else", async () => {
    const reports = await makeKey("reporter", ["reports", "metrics"]);
    const before = (await views()).length;
    for (const key of [reports, app.key]) expect((await admin(`/captures/${id}`, {}, key)).status).toBe(403);
    expect((await fetch(`${app.url}/admin/api/captures/${id}`)).status).toBe(401);
    expect((await fetch(`${app.url}/dashboard/requests/${id}?bodies=show`, { redirect: "manual" })).status).toBe(303);
    const report = await (await admin(`/reports/requests/${id}`, {}, reports)).text();
    expect(report).toContain(id);
    expect(report).not.toContain("7 + 5");
    const rows = await (await admin("/reports/export.jsonl?range=1h", {}, reports)).text();
    expect(rows).not.toContain("7 + 5");
    expect(await views()).toHaveLength(before);
  });

  test("says that nothing was kept of a request where nothing was", async () => {
    expect((await admin("/captures/req_1")).status).toBe(404);
    expect((await admin("/captures/nonsense")).status).toBe(404);
  });

  test("is described", async () => {
    const { paths } = await (await fetch(`${app.url}/openapi.json`)).json();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        "/admin/api/captures",
        "/admin/api/captures/{request}",
        "/admin/api/keys/{key}/captures",
      ]),
    );
    const fields = paths["/admin/api/keys"].post.requestBody.content["application/json"].schema.properties;
    expect(fields.capture.type).toBe("boolean");
  });
});

test("captured keys are marked in lists", async () => {
  expect(await page("/dashboard/keys")).toContain(">captured</span>");
  expect(await page("/dashboard/keys", "zh")).toContain(">保存内容</span>");
  expect(await page("/dashboard/requests?range=1h")).toContain("capture is on for this key");
  expect((await (await admin("/keys/1")).json()).capture).toBe(true);
  const sums = await (await admin("/captures")).json();
  expect(sums).toMatchObject({
    allowed: true,
    days: 7,
    body_bytes: 65_536,
    data: [{ key: 1, name: "default", requests: 1 }],
  });
});

test("switching it on and off is on record, and a form without the tick switches it off", async () => {
  const on = (await audit()).findLast(({ action }) => action === "key.edit");
  expect(on).toMatchObject({ before: { capture: false }, after: { capture: true } });
  await owner.post("/dashboard/keys/1/edit", { name: "default", rights: "inference", capture: "false" });
  await (await app.ask("not for the file")).text();
  await app.settled(2);
  expect(await page("/dashboard/keys")).not.toContain(">captured</span>");
  expect((await (await admin("/keys/1")).json()).capture).toBe(false);
  expect(await kept(app, 1)).toHaveLength(1);
});

test("what is kept of a key is deleted when its owner says so, with a row in the audit log", async () => {
  expect(await page("/dashboard/keys/1")).toContain("Delete it all");
  expect((await owner.post("/dashboard/keys/1/forget", {})).status).toBe(400);
  expect(await kept(app, 1)).toHaveLength(1);
  expect((await owner.post("/dashboard/keys/1/forget", { sure: "yes" })).status).toBe(303);
  expect(await kept(app, 0)).toEqual([]);
  expect(await page("/dashboard/keys/1")).not.toContain("Delete it all");
  expect((await audit())[0]).toMatchObject({ action: "capture.delete", subject: "key 1", after: { requests: 1 } });
  expect((await owner.get(`/dashboard/requests/${id}?bodies=show`)).status).toBe(200);
  expect(await (await admin("/keys/1/captures", { method: "DELETE" })).json()).toEqual({ deleted: 0 });
});
