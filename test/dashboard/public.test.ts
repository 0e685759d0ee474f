import { afterAll, beforeAll, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { testWith } from "../helpers/programs.ts";

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const text = async (path: string, headers: Record<string, string> = {}) =>
  (await fetch(app.url + path, { headers })).text();

test("greets in the browser's language, and in the one that was chosen", async () => {
  expect(await text("/", { "accept-language": "de, en;q=0.8" })).toContain("Connect a client");
  expect(await text("/", { "accept-language": "fr;q=0.2, zh-CN" })).toContain("连接客户端");
  const chosen = await fetch(`${app.url}/?lang=zh`, { headers: { "accept-language": "en" } });
  expect(await chosen.text()).toContain("连接客户端");
  const cookie = chosen.headers.get("set-cookie")?.split(";")[0] ?? "";
  expect(await text("/", { "accept-language": "en", cookie })).toContain("连接客户端");
});

test("shows the address by which it was asked, unless that is none", async () => {
  expect(await text("/", { host: "zgate.example:8443" })).toContain("http://zgate.example:8443/v1");
  expect(await text("/", { host: "zgate.example", "x-forwarded-proto": "https" })).toContain("http://zgate.example/v1");
  const proxied = await startApp({ env: { TRUSTED_PROXIES: "loopback" } });
  const page = await fetch(proxied.url, { headers: { host: "zgate.example", "x-forwarded-proto": "https" } });
  expect(await page.text()).toContain("https://zgate.example/v1");
  await proxied.stop();
});

testWith("curl")("shows a command that answers when it is pasted", async () => {
  const line = /<code>(curl [^<]+)<\/code>/.exec(await text("/"))?.[1] ?? "";
  const command = line
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&#39;", "'")
    .replaceAll("&#34;", '"');
  const shell = Bun.spawn(["sh", "-c", `${command.replace("-N", "-sN")}`], {
    env: { ...process.env, ZGATE_KEY: app.key },
  });
  expect(await new Response(shell.stdout).text()).toEndWith("data: [DONE]\n\n");
});

test("serves what pages load under names that hold a hash, for ever", async () => {
  const page = (await text("/")) + (await text("/swagger"));
  const addresses = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address]) => address!);
  expect(addresses.length).toBeGreaterThan(5);
  for (const address of new Set(addresses)) {
    const response = await fetch(app.url + address);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect((await response.bytes()).length).toBeGreaterThan(100);
  }
  for (const wrong of ["/assets/app.css", "/assets/..%2f..%2fpackage.json", "/assets/", "/assets/a/b"]) {
    expect((await fetch(app.url + wrong)).status).toBe(404);
  }
});

test("says of an address that is none that it is none: on a page for people, in JSON for programs", async () => {
  const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  const english = await fetch(`${app.url}/no/such/page`, { headers: browser });
  expect([english.status, english.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
  expect(await english.text()).toContain("There is nothing here");
  expect(await text("/no/such/page", { ...browser, "accept-language": "zh-CN" })).toContain("这里什么都没有");
  const program = await fetch(`${app.url}/no/such/page`);
  expect(program.status).toBe(404);
  expect(await program.json()).toEqual({
    error: {
      message: "There is nothing at /no/such/page",
      type: "invalid_request_error",
      param: null,
      code: "unknown_url",
    },
  });
  // A browser below the APIs is a client like any other.
  const api = await fetch(`${app.url}/v1/nothing`, { headers: { ...browser, authorization: `Bearer ${app.key}` } });
  expect([api.status, api.headers.get("content-type")]).toEqual([404, "application/json; charset=utf-8"]);
});

test("describes what the gateway serves, for programs", async () => {
  const document = JSON.parse(await text("/openapi.json"));
  expect(Object.keys(document.paths)).toContain("/v1/chat/completions");
  expect(Object.keys(document.paths)).toContain("/v1/models/{model}");
  expect(Object.keys(document.paths).filter((path) => path.startsWith("/dashboard"))).toEqual(["/dashboard/stats"]);
  const text200 = document.paths["/v1/chat/completions"].post.responses["200"].content;
  expect(Object.keys(text200)).toEqual(["application/json", "text/event-stream"]);
});

test("shows the description without anything from elsewhere", async () => {
  const page = await text("/swagger");
  expect(page).not.toMatch(/https?:\/\//);
  const { headers } = await fetch(`${app.url}/swagger`);
  expect(headers.get("content-security-policy")).toContain("script-src 'self';");
  // The plug-in's own page, which would load from elsewhere, is nowhere to be found.
  for (const path of ["/openapi", "/openapi%23", "/swagger/json"]) {
    expect(await text(path)).not.toContain("cdn");
  }
});
