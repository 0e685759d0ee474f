import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, world } from "../helpers/world.ts";

let app: App;
beforeAll(async () => {
  app = await startApp({
    env: { MAX_BODY_SIZE: "64KB", REFUSAL_ROWS_PER_ADDRESS: "10000", REFUSAL_ROWS_TOTAL: "10000" },
  });
});
afterAll(() => app.stop());

const ok = { model: world.models.usual, messages: [{ role: "user", content: "Hello" }] };
const withMessage = (message: unknown) => ({ ...ok, messages: [message] });
const withPart = (part: unknown) => withMessage({ role: "user", content: [part] });
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

/** What is sent, and the status and param that come back. */
const bodies: [name: string, body: unknown, status: number, param: string | null][] = [
  ["an empty body", "", 400, null],
  ["white space", " \n ", 400, null],
  ["half a JSON text", '{"model":', 400, null],
  ["a trailing comma", '{"model":"x",}', 400, null],
  ["single quotes", "{'model':'x'}", 400, null],
  ["NaN", '{"temperature":NaN}', 400, null],
  ["two objects", "{}{}", 400, null],
  ["an array", "[]", 400, null],
  ["a string", '"hi"', 400, null],
  ["null", "null", 400, null],
  ["a form", "model=x&messages=y", 400, null],
  ["XML", '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', 400, null],
  ["5,000 nested arrays", `{"messages":[{"role":"user","content":${nested(5_000)}}]}`, 400, null],
  ["30,000 nested arrays in an unknown field", `{"x":${nested(30_000)}}`, 400, null],
  ["model null", { ...ok, model: null }, 400, "model"],
  ["model 7", { ...ok, model: 7 }, 400, "model"],
  ["model {}", { ...ok, model: {} }, 400, "model"],
  ["a model of 201 characters", { ...ok, model: "x".repeat(201) }, 400, "model"],
  ["a model of 60,000 hyphens", { ...ok, model: `glm-${"-".repeat(60_000)}\n` }, 400, "model"],
  ["an empty model", { ...ok, model: "" }, 400, "model"],
  ["a model of HTML", { ...ok, model: "<script>alert(1)</script>" }, 404, "model"],
  ["a model that climbs", { ...ok, model: "../../etc/passwd" }, 404, "model"],
  ["a model named __proto__", { ...ok, model: "__proto__" }, 404, "model"],
  ["a model named constructor", { ...ok, model: "constructor" }, 404, "model"],
  ["a model of 30 KB", { ...ok, model: "x".repeat(30_000) }, 400, "model"],
  ["no messages", { model: "glm-4.7" }, 400, "messages"],
  ["messages null", { ...ok, messages: null }, 400, "messages"],
  ["messages a string", { ...ok, messages: "hi" }, 400, "messages"],
  ["messages empty", { ...ok, messages: [] }, 400, "messages"],
  ["a null message", withMessage(null), 400, "messages[0]"],
  ["a message that is a string", withMessage("hi"), 400, "messages[0]"],
  ["no role", withMessage({ content: "hi" }), 400, "messages[0].role"],
  ["a role 7", withMessage({ role: 7, content: "hi" }), 400, "messages[0].role"],
  ["an unknown role", withMessage({ role: "boss", content: "hi" }), 400, "messages[0].role"],
  ["no content", withMessage({ role: "user" }), 400, "messages[0].content"],
  ["content null", withMessage({ role: "user", content: null }), 400, "messages[0].content"],
  ["content 7", withMessage({ role: "user", content: 7 }), 400, "messages[0].content"],
  ["an unknown part", withPart({ type: "smell" }), 400, "messages[0].content[0].type"],
  ["a null part", withPart(null), 400, "messages[0].content[0]"],
  ["a text part without text", withPart({ type: "text" }), 400, "messages[0].content[0].text"],
  ["an image without address", withPart({ type: "image_url" }), 400, "messages[0].content[0].image_url.url"],
  [
    "an image that is script",
    withPart({ type: "image_url", image_url: { url: "javascript:alert(1)" } }),
    400,
    "messages[0].content[0].image_url.url",
  ],
  [
    "an image from the disk",
    withPart({ type: "image_url", image_url: { url: "file:///etc/passwd" } }),
    400,
    "messages[0].content[0].image_url.url",
  ],
  [
    "an image that is a page",
    withPart({ type: "image_url", image_url: { url: "data:text/html,hi" } }),
    400,
    "messages[0].content[0].image_url.url",
  ],
  ["a tool answer to nothing", withMessage({ role: "tool", content: "7" }), 400, "messages[0].tool_call_id"],
  ["temperature in words", { ...ok, temperature: "hot" }, 400, "temperature"],
  ["temperature -1", { ...ok, temperature: -1 }, 400, "temperature"],
  ["temperature 3", { ...ok, temperature: 3 }, 400, "temperature"],
  ["temperature true", { ...ok, temperature: true }, 400, "temperature"],
  ["top_p 2", { ...ok, top_p: 2 }, 400, "top_p"],
  ["max_tokens -1", { ...ok, max_tokens: -1 }, 400, "max_tokens"],
  ["max_tokens 1.5", { ...ok, max_tokens: 1.5 }, 400, "max_tokens"],
  ["max_tokens in words", { ...ok, max_tokens: "100" }, 400, "max_tokens"],
  ["n 0", { ...ok, n: 0 }, 400, "n"],
  ["n 1000", { ...ok, n: 1000 }, 400, "n"],
  ["stream in words", { ...ok, stream: "true" }, 400, "stream"],
  ["stream 1", { ...ok, stream: 1 }, 400, "stream"],
  ["stop 7", { ...ok, stop: 7 }, 400, "stop"],
  ["tools in words", { ...ok, tools: "all" }, 400, "tools"],
  ["a null tool", { ...ok, tools: [null] }, 400, "tools[0]"],
  ["a tool without function", { ...ok, tools: [{ type: "function" }] }, 400, "tools[0].function.name"],
  [
    "a tool with a bad name",
    { ...ok, tools: [{ type: "function", function: { name: "a b" } }] },
    400,
    "tools[0].function.name",
  ],
  ["response_format in words", { ...ok, response_format: "json" }, 400, "response_format"],
];

describe("a bad body gets a 400 that names the field", () => {
  for (const [name, body, status, param] of bodies) {
    test(name, async () => {
      const answer = await app.send("/v1/chat/completions", body);
      const { error } = (await answer.json()) as { error: Record<string, string | null> };
      expect([answer.status, error.param]).toEqual([status, param]);
      expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
      expect(error.message!.length).toBeLessThan(300);
    });
  }

  test("and none of them reached the upstream", () =>
    expect(app.simulator.requests().map(({ kind }) => kind)).not.toContain("chat"));

  test("nor cost a row: each is on record as rejected", async () => {
    const rows = await app.settled(bodies.length);
    expect(rows.length).toBe(bodies.length);
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(["rejected"]));
  });
});

test("what OpenAI allows is allowed: nulls, unknown fields, temperature 2, empty assistant turns", async () => {
  const more = { temperature: 2, top_p: null, max_tokens: null, stop: null, tools: null, user: null, my_own: { a: 1 } };
  expect((await app.ask("Hello", more)).status).toBe(200);
  const messages = [{ role: "user", content: "a" }, { role: "assistant", content: [] }, ...ok.messages];
  expect((await app.ask("Hello", { messages })).status).toBe(200);
  const { model: _, ...nameless } = ok;
  expect((await app.send("/v1/chat/completions", nameless)).status).toBe(200);
  expect(app.simulator.violations()).toEqual([]);
});

test("a NUL and half a surrogate pair do no harm", async () => {
  const answer = await app.send("/v1/chat/completions", JSON.stringify({ ...ok, user: "a\u0000b\ud800" }));
  expect(answer.status).toBe(200);
});

test("invalid UTF-8 is a 400", async () => {
  const bytes = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  const answer = await app.send("/v1/chat/completions", ok, { body: bytes });
  expect(answer.status).toBe(400);
});

test("a body over the limit is a 413 before all of it is read, announced or not", async () => {
  const big = "x".repeat(70_000);
  expect((await app.send("/v1/chat/completions", big)).status).toBe(413);
  const head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n";
  const key = `Authorization: Bearer ${app.key}\r\n`;
  expect(await raw(`${head}${key}Content-Length: 10000000000\r\n\r\nabc`)).toStartWith("HTTP/1.1 413");
  const chunk = `${big.length.toString(16)}\r\n${big}\r\n`;
  expect(await raw(`${head}${key}Transfer-Encoding: chunked\r\n\r\n${chunk}`)).toStartWith("HTTP/1.1 413");
});

test("a compressed body is a 415", async () => {
  const headers = { "content-encoding": "gzip" };
  const answer = await app.send("/v1/chat/completions", ok, { body: Bun.gzipSync(JSON.stringify(ok)), headers });
  expect(answer.status).toBe(415);
});

describe("keys", () => {
  const cases: [name: string, headers: Record<string, string>, says: RegExp][] = [
    ["none", { Authorization: "" }, /No API key was sent/],
    ["Bearer alone", { Authorization: "Bearer" }, /No API key was sent/],
    ["another scheme", { Authorization: "Basic YTpi" }, /does not use the Bearer scheme/],
    ["a stranger's", { Authorization: `Bearer ${fakeKey("stranger")}` }, /not known here/],
    ["two that differ", { "x-api-key": fakeKey("other") }, /more than one API key/],
  ];
  for (const [name, headers, says] of cases) {
    test(`${name}: 401 that says so, before the body is looked at`, async () => {
      const answer = await app.send("/v1/chat/completions", "{broken", { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toStartWith("Bearer");
      expect(((await answer.json()) as { error: { message: string } }).error.message).toMatch(says);
    });
  }
  test("x-api-key does as well, alone or with the same Bearer", async () => {
    expect((await app.send("/v1/chat/completions", ok, { headers: { "x-api-key": app.key } })).status).toBe(200);
    const alone = { Authorization: "", "x-api-key": app.key };
    expect((await app.send("/v1/chat/completions", ok, { headers: alone })).status).toBe(200);
  });
});

describe("addresses", () => {
  const cases: [request: string, status: number][] = [
    ["GET /v1/chat/completions", 405],
    ["DELETE /v1/models", 405],
    ["GET /v1/nothing", 404],
    ["GET /v1", 404],
    ["GET /v1/models/../../etc/passwd", 404],
    ["GET //v1//models", 404],
    ["GET /v1/%2e%2e/%2e%2e/etc/passwd", 404],
    ["GET /v1/%00", 404],
    ["GET /v1/%zz", 404],
    ["GET /v1/models/%ff%fe", 404],
    ["GET /nothing", 404],
    ["TRACE /v1/models", 405],
    ["DELETE /v1/models/glm-4.7", 405],
    ["POST /health", 405],
    ["PUT /", 405],
    ["DELETE /admin/api/keys/1", 405],
    ["GET /admin/api/keys/1/rotate/", 405],
    ["GET /admin/api/keys/1/turn", 404],
    ["CONNECT 127.0.0.1:22", 405],
    ["GET http://elsewhere.example/v1/nothing", 404],
    ["GET /v1/%0d%0aSet-Cookie:%20a=b", 404],
  ];
  for (const [request, status] of cases) {
    test(`${request} → ${status}, as OpenAI's error`, async () => {
      const answer = await raw(`${request} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect(answer).toStartWith(`HTTP/1.1 ${status}`);
      expect(answer.split("\r\n\r\n")[0]!.toLowerCase()).not.toContain("set-cookie");
      expect(answer).toContain('{"error":{"message":');
    });
  }

  test("a wrong method is told the right ones, outside the APIs as well", async () => {
    const allowed = async (method: string, path: string) =>
      (await fetch(`${app.url}${path}`, { method })).headers.get("allow");
    expect(await allowed("PATCH", "/v1/chat/completions")).toBe("POST");
    expect(await allowed("POST", "/admin/api/pause")).toBe("GET, PUT, DELETE");
    expect(await allowed("PUT", "/admin/api/keys/")).toBe("GET, POST");
    expect(await allowed("POST", "/metrics")).toBe("GET");
  });

  test("without a Host nothing but the two questions of a load balancer is answered", async () => {
    for (const path of ["/health", "/ready"])
      expect(await raw(`GET ${path} HTTP/1.0\r\n\r\n`)).toStartWith("HTTP/1.1 200");
    for (const path of ["/v1/models", "/", "/admin/api/keys", "/dashboard"]) {
      const answer = await raw(`GET ${path} HTTP/1.0\r\n\r\n`);
      expect(answer).toStartWith("HTTP/1.1 400");
      expect(answer).toContain("The Host header is missing");
    }
  });

  test("a hostile Host changes nothing: authorised where it is answered, and on record", async () => {
    const before = app.rows().length;
    const hosts = ["x", "nas", "bad host<>", "localhost/v1/models?", ""];
    for (const host of hosts) {
      const answer = await raw(`POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\n\r\n{}`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[014]/);
    }
    // Bun itself turns some of these away before anybody is asked.
    const rows = (await app.settled(before + 3)).slice(before);
    expect(rows.every(({ outcome }) => outcome === "rejected")).toBe(true);
  });

  test("a Host of three letters is a Host: nothing else is served below /v1, and all of it is on record", async () => {
    const before = app.rows().length;
    const paths = ["/v1/health", "/v1/", "/v1/dashboard", "/v1/admin/api/keys", "/v1/messages/count_tokens/x"];
    for (const path of paths) {
      expect(await raw(`GET ${path} HTTP/1.1\r\nHost: nas\r\n\r\n`)).toStartWith("HTTP/1.1 404");
      expect(await raw(`GET ${path} HTTP/1.0\r\n\r\n`)).toStartWith("HTTP/1.1 400");
    }
    expect(await raw("GET /v1/models/glm-4.7 HTTP/1.1\r\nHost: nas\r\n\r\n")).toStartWith("HTTP/1.1 200");
    expect((await app.settled(before + paths.length * 2 + 1)).length).toBe(before + paths.length * 2 + 1);
  });

  test("a preflight is answered and not on record", async () => {
    const before = app.rows().length;
    const wanted = "authorization,content-type,x-stainless-lang,x-stainless-os,x-stainless-retry-count";
    const answer = await fetch(`${app.base}/chat/completions`, {
      method: "OPTIONS",
      headers: {
        origin: "https://chat.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": wanted,
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-headers")).toBe(wanted);
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
    await Bun.sleep(20);
    expect(app.rows().length).toBe(before);
  });

  test("health is open and not on record", async () => {
    const before = app.rows().length;
    expect(await (await fetch(`${app.url}/health`)).json()).toEqual({ status: "ok", service: "zgate" });
    expect((await fetch(`${app.url}/ready`)).status).toBe(200);
    expect(app.rows().length).toBe(before);
  });
});

/** Sends bytes as they are and gives back all that comes until the other side falls silent. */
function raw(request: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(new URL(app.url).port), "127.0.0.1", () => socket.write(request));
    socket.setEncoding("utf8");
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (text) => {
      answer += text;
      if (/\r\n\r\n/.test(answer)) setTimeout(done, 30);
    });
    socket.on("close", done);
    socket.on("error", done);
    setTimeout(done, 3_000);
  });
}
