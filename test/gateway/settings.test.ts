import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { loadConfig } from "~/config/load.ts";
import { StartError } from "~/errors.ts";
import { createLog } from "~/log.ts";
import { startZgate } from "~/zgate.ts";
import { type App, type AppOptions, startApp } from "../helpers/app.ts";
import { pixel, world } from "../helpers/world.ts";

let app: App;
afterEach(() => app.stop());
const open = async (options: AppOptions) => {
  app = await startApp(options);
};

const messages = [{ role: "user", content: world.questions.sum }];
const chat = (more: object = {}, init: RequestInit = {}) =>
  app.send("/v1/chat/completions", { messages, ...more }, init);
const answerOf = async (answer: Promise<Response>) => (await (await answer).json()) as Answer;
const lastBody = () =>
  app.simulator.requests().findLast(({ kind }) => kind === "chat")!.body as Record<string, unknown>;
const names = async () => ((await (await fetch(`${app.base}/models`)).json()) as { data: { id: string }[] }).data;

interface Answer {
  model: string;
  choices: { message: { content: string; reasoning_content?: string } }[];
}

describe("models", () => {
  test("MODEL_NAME that nobody knows is a public name of GLM-4.5: listed, accepted, echoed, and the default", async () => {
    await open({ env: { MODEL_NAME: "GLM-4.5-Pro" } });
    expect((await names())[0]).toMatchObject({ id: "GLM-4.5-Pro" });
    for (const more of [{ model: "GLM-4.5-Pro" }, {}]) {
      expect((await answerOf(chat(more))).model).toBe("GLM-4.5-Pro");
      expect(lastBody().model).toBe("glm-4.5");
    }
  });

  test("MODEL_NAME that is a model is the one used when a request names none", async () => {
    await open({ env: { MODEL_NAME: "glm-4.6" } });
    await answerOf(chat());
    expect(lastBody().model).toBe("glm-4.6");
  });

  const known: [asked: string, official: string, web: string][] = [
    ["0727-360B-API", "glm-4.5", "0727-360B-API"],
    ["GLM-4.5", "glm-4.5", "0727-360B-API"],
    ["glm4.5", "glm-4.5", "0727-360B-API"],
    ["glm_4.5", "glm-4.5", "0727-360B-API"],
    ["GPT-4", "glm-4.5", "0727-360B-API"],
    ["GLM-4.5V", "glm-4.5v", "glm-4.5v"],
    ["glm4.5v", "glm-4.5v", "glm-4.5v"],
    ["gpt-4-vision-preview", "glm-4.5v", "glm-4.5v"],
  ];
  for (const face of ["zai", "web"] as const) {
    test(`the older systems' names work through ${face}, are echoed, and GLM-4.5 is never the vision model`, async () => {
      await open({ face });
      for (const [asked, official, web] of known) {
        expect((await answerOf(chat({ model: asked }))).model).toBe(asked);
        expect(lastBody().model).toBe(face === "zai" ? official : web);
      }
      expect((await chat({ model: "GLM-99" })).status).toBe(404);
    });
  }

  test("MODEL_FALLBACK takes in what nobody knows, under the name that was asked for", async () => {
    await open({ env: { MODEL_FALLBACK: "glm-4.5-air" } });
    expect((await answerOf(chat({ model: "gpt-99" }))).model).toBe("gpt-99");
    expect(lastBody().model).toBe("glm-4.5-air");
  });

  test("MODELS_PUBLIC=false keeps the list for those with a key", async () => {
    await open({ env: { MODELS_PUBLIC: "false" } });
    expect((await fetch(`${app.base}/models`)).status).toBe(401);
    const headers = { Authorization: `Bearer ${app.key}` };
    expect((await fetch(`${app.base}/models`, { headers })).status).toBe(200);
  });
});

describe("thinking", () => {
  const thought = "The user says: What is 7 + 5?\nI will answer that plainly.";
  const quoted = thought.replaceAll("\n", "\n> ");
  const said = world.answers.sum;
  const shown: [mode: string, content: string, reasoning: string | undefined][] = [
    ["reasoning", said, thought],
    ["think", `<think>\n${thought}\n</think>\n\n${said}`, undefined],
    ["pure", `> ${quoted}\n\n${said}`, undefined],
    ["strip", `${thought}\n\n${said}`, undefined],
    ["hide", said, undefined],
  ];
  for (const face of ["zai", "web", "openai"] as const) {
    test(`every mode through ${face}, streamed and whole, by setting and by header`, async () => {
      await open({ face, env: { THINK_TAGS_MODE: "hide" } });
      const script = { thinking: thought.split(/(?= )/), answer: said.split(/(?= )/) };
      for (const [mode, content, reasoning] of shown) {
        const headers: Record<string, string> = mode === "hide" ? {} : { "X-Think-Tags-Mode": mode };
        app.simulator.say(script);
        const whole = await answerOf(chat({ model: "GLM-4.5" }, { headers }));
        expect(whole.choices[0]!.message).toMatchObject({
          content,
          ...(reasoning && { reasoning_content: reasoning }),
        });
        app.simulator.say(script);
        const stream = await (await chat({ model: "GLM-4.5", stream: true }, { headers })).text();
        expect(joined(stream, "content")).toBe(content);
        expect(joined(stream, "reasoning_content")).toBe(reasoning ?? "");
      }
      app.simulator.say(script);
      const raw = await answerOf(chat({ model: "GLM-4.5" }, { headers: { "X-Think-Tags-Mode": "raw" } }));
      expect(raw.choices[0]!.message.content).toMatch(/^<details type="reasoning" [\s\S]+<\/details>\n7 \+ 5 = 12\.$/);
    });
  }

  const spellings: [more: object, isOn: boolean][] = [
    [{ thinking: { type: "disabled" } }, false],
    [{ thinking: { type: "enabled" } }, true],
    [{ enable_thinking: false }, false],
    [{ chat_template_kwargs: { enable_thinking: false } }, false],
    [{ extra_body: { thinking: { type: "disabled" } } }, false],
    [{ extra_body: { chat_template_kwargs: { enable_thinking: false } } }, false],
    [{ think: false }, false],
    [{ thinking_budget: 0 }, false],
    [{ thinking_budget: 1024 }, true],
    [{ reasoning: { enabled: false } }, false],
    [{ reasoning: true }, true],
    [{ reasoning: { effort: "high" } }, true],
    [{ reasoning_effort: "none" }, false],
    [{ reasoning_effort: "low" }, true],
    [{ model: "GLM-4.5-Thinking" }, true],
    [{ model: "GLM-4.5-nothinking" }, false],
  ];
  for (const face of ["zai", "web"] as const) {
    test(`every way of switching it reaches ${face}`, async () => {
      await open({ face });
      for (const [more, isOn] of spellings) {
        await answerOf(chat({ model: "GLM-4.5", ...more }));
        const body = lastBody() as { thinking?: { type: string }; features?: { enable_thinking: boolean } };
        expect([more, face === "zai" ? body.thinking?.type === "enabled" : body.features?.enable_thinking]).toEqual([
          more,
          isOn,
        ]);
      }
      expect(app.simulator.violations()).toEqual([]);
    });
  }
});

test("temperature, top_p and max_tokens reach the web's params", async () => {
  await open({ face: "web" });
  await answerOf(chat({ model: "GLM-4.5", temperature: 0.3, top_p: 0.5, max_tokens: 77 }));
  expect(lastBody().params).toMatchObject({ temperature: 0.3, top_p: 0.5, max_tokens: 77 });
});

test("AUTH_TOKEN_CACHE_TTL=0 is a guest a request; otherwise guests are used again", async () => {
  await open({ face: "web", env: { AUTH_TOKEN_CACHE_TTL: "0" } });
  const guests = () => app.simulator.requests().filter(({ kind }) => kind === "guest").length;
  for (let i = 0; i < 3; i++) await answerOf(chat({ model: "GLM-4.5" }));
  expect(guests()).toBe(3);
  await app.restart({ AUTH_TOKEN_CACHE_TTL: "600" });
  app.simulator.reset();
  await Promise.all(Array.from({ length: 8 }, () => answerOf(chat({ model: "GLM-4.5" }))));
  expect(guests()).toBe(1);
});

test("DEFAULT_STREAM decides where a request does not say", async () => {
  await open({ env: { DEFAULT_STREAM: "true" } });
  expect((await chat()).headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect((await chat({ stream: false })).headers.get("content-type")).toStartWith("application/json");
});

test("without monitoring there is no overhead header, without tracing no request id, and rows all the same", async () => {
  await open({});
  const usual = (await chat()).headers;
  expect(Number(usual.get("x-zgate-overhead-ms"))).toBeGreaterThan(0);
  expect(usual.get("x-request-id")).toMatch(/^req_/);
  await app.restart({ ENABLE_PERFORMANCE_MONITORING: "false", ENABLE_REQUEST_TRACING: "false" });
  const bare = (await chat()).headers;
  expect(bare.has("x-zgate-overhead-ms") || bare.has("x-request-id")).toBe(false);
  expect((await app.settled(2)).length).toBe(2);
});

test("API_KEY_ENABLED=false serves those without a key under the key named open", async () => {
  await open({ env: { API_KEY_ENABLED: "false" } });
  expect((await chat({}, { headers: { Authorization: "" } })).status).toBe(200);
  const [row] = await app.settled(1);
  expect(row).toMatchObject({ outcome: "completed" });
  expect(row!.key_id).not.toBeNull();
  expect(() => loadConfig({ API_KEY_ENABLED: "false", HOST: "0.0.0.0" }, null)).toThrow("OPEN_TO_ALL");
});

test("with keys off no web page spends the quota through its visitor's browser, unless CORS_ORIGINS names it", async () => {
  await open({ env: { API_KEY_ENABLED: "false", CORS_ORIGINS: "https://chat.example" } });
  // What a page may send without asking first.
  const from = (origin: string, more: Record<string, string> = {}) =>
    chat({}, { headers: { Authorization: "", "Content-Type": "text/plain", Origin: origin, ...more } });
  const own = new URL(app.url).origin;
  expect((await from("https://evil.example")).status).toBe(403);
  expect((await from("null")).status).toBe(403);
  expect((await from(own, { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
  // A name of somebody else's that leads to this machine looks like our own page.
  const rebound = { Host: "evil.example:9090", "Sec-Fetch-Site": "same-origin" };
  expect((await from("http://evil.example:9090", rebound)).status).toBe(403);
  expect(app.simulator.requests().length).toBe(0);

  expect((await from("https://chat.example")).status).toBe(200);
  expect((await from(own)).status).toBe(200);
  expect((await from("app://a-program")).status).toBe(200);
  expect((await chat({}, { headers: { Origin: "https://evil.example" } })).status).toBe(200);
  // A proxy in front may have a sign-in of its own.
  expect((await chat({}, { headers: { Authorization: "Basic eDp5" } })).status).toBe(200);
});

test("a query to the upstream's models, and a response to go on with, live as long as the older caches' settings say", async () => {
  await open({ env: { ZAI_MODELS_CACHE_TTL: "0", ZAI_CACHE_MAX_SIZE: "1" } });
  for (let times = 0; times < 3; times++) await names();
  expect(app.simulator.requests().filter(({ kind }) => kind === "models").length).toBe(3);

  const respond = async (previous?: string) => {
    const body = { model: world.models.usual, input: world.questions.sum, previous_response_id: previous };
    const answer = await app.send("/v1/responses", body);
    return { status: answer.status, id: ((await answer.json()) as { id: string }).id };
  };
  const [first, second] = [await respond(), await respond()];
  expect((await respond(first.id)).status).toBe(400);
  expect((await respond(second.id)).status).toBe(200);

  await app.restart({ ZAI_MODELS_CACHE_TTL: "300", ZAI_CACHE_DEFAULT_TTL: "0" });
  for (let times = 0; times < 3; times++) await names();
  expect(app.simulator.requests().filter(({ kind }) => kind === "models").length).toBe(4);
  expect((await respond((await respond()).id)).status).toBe(400);
});

test("MULTIMODAL_TIMEOUT gives media more time than words get, and MAX_QUEUED_REQUESTS=0 makes nobody wait", async () => {
  await open({ env: { REQUEST_TIMEOUT: "0.2", HEADERS_TIMEOUT: "0.2", MULTIMODAL_TIMEOUT: "30" } });
  const silent = { type: "text", text: "[[scenario:late:500]]" };
  const picture = { type: "image_url", image_url: { url: pixel } };
  const asked = (content: unknown[]) =>
    chat({ model: world.models.seeing, stream: false, messages: [{ role: "user", content }] });
  expect((await asked([silent])).status).toBe(504);
  expect((await asked([silent, picture])).status).toBe(200);

  await app.restart({ REQUEST_TIMEOUT: "", MAX_CONCURRENT_REQUESTS: "1", MAX_QUEUED_REQUESTS: "0" });
  const controller = new AbortController();
  app.simulator.next("silence");
  const first = chat({}, { signal: controller.signal }).catch(() => null);
  while (app.simulator.open() === 0) await Bun.sleep(2);
  expect((await chat()).status).toBe(429);
  controller.abort();
  await first;
});

test("INCLUDE_THINKING=false hides thinking", async () => {
  await open({ env: { ZAI_INCLUDE_THINKING: "false" } });
  app.simulator.next("think");
  const { message } = (await answerOf(chat())).choices[0]!;
  expect(message).toMatchObject({ content: world.answers.sum });
  expect(message).not.toHaveProperty("reasoning_content");
});

test("MAX_CONCURRENT_REQUESTS makes the next one wait, then a 429 with Retry-After", async () => {
  await open({ env: { MAX_CONCURRENT_REQUESTS: "1", QUEUE_TIMEOUT: "0.3" } });
  app.simulator.next("silence");
  const controller = new AbortController();
  const first = chat({}, { signal: controller.signal }).catch(() => null);
  while (app.simulator.open() === 0) await Bun.sleep(2);
  const second = await chat();
  expect(second.status).toBe(429);
  expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
  const third = chat();
  // It must stand in line before the place is free.
  await Bun.sleep(100);
  controller.abort();
  await first;
  expect((await third).status).toBe(200);
  const outcomes = (await app.settled(3)).map(({ outcome, queued_ms }) => [outcome, Number(queued_ms) > 0]);
  expect(outcomes).toEqual([
    ["aborted", false],
    ["rejected", false],
    ["completed", true],
  ]);
});

test("CORS_ORIGINS names who may call from a browser", async () => {
  await open({ env: { CORS_ORIGINS: "https://chat.example" } });
  const from = async (origin: string) => (await chat({}, { headers: { origin } })).headers;
  expect((await from("https://chat.example")).get("access-control-allow-origin")).toBe("https://chat.example");
  expect((await from("https://evil.example")).has("access-control-allow-origin")).toBe(false);
});

test("X-Forwarded-For counts only behind a trusted proxy, read from the right", async () => {
  await open({});
  const forwarded = { "X-Forwarded-For": "192.0.2.1, 203.0.113.5, 127.0.0.1" };
  await chat({}, { headers: forwarded });
  await app.restart({ TRUSTED_PROXIES: "loopback" });
  await chat({}, { headers: forwarded });
  expect((await app.settled(2)).map(({ address }) => address)).toEqual(["127.0.0.1", "203.0.113.5"]);
});

test("a port in use is one sentence, and so is a data folder in use", async () => {
  await open({});
  const again = (env: Record<string, string>) => {
    const { settings } = loadConfig({ DATA_DIR: app.dataDir, UPSTREAM_URL: app.simulator.zaiUrl, ...env }, null);
    return startZgate(
      settings,
      createLog("error", "json", () => {}, Date.now),
      false,
    ).then(
      () => null,
      (error: unknown) => error as Error,
    );
  };
  const { port } = app.zgate;
  const taken = await again({ PORT: `${port}`, DATA_DIR: `${app.dataDir}-other` });
  expect(taken).toBeInstanceOf(StartError);
  expect(taken!.message).toBe(`Port ${port} is in use by another program. Stop it, or set PORT to a free one.`);
  const held = await again({ PORT: "0" });
  expect(held).toBeInstanceOf(StartError);
  expect(held!.message).toContain(`${process.pid}`);
  expect((await chat()).status).toBe(200);
});

test("a client that does not read stops the upstream: little of a long answer is taken in", async () => {
  await open({ face: "openai" });
  const tokens = 400_000;
  app.simulator.next(`long:${tokens}`);
  const body = JSON.stringify({ messages, stream: true });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${app.key}\r\n`;
  const socket = connect(app.zgate.port, "127.0.0.1");
  socket.pause();
  socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  while (app.simulator.open() === 0) await Bun.sleep(5);
  await Bun.sleep(1_000);
  expect(app.simulator.open()).toBe(1);
  socket.destroy();
  while (app.simulator.open() > 0) await Bun.sleep(5);
  const [row] = await app.settled(1);
  expect(row).toMatchObject({ outcome: "aborted" });
  // An event is about 180 bytes: the whole answer would be 72 MB; what is on the way fits into a few sockets.
  expect(Number(row!.bytes_out)).toBeLessThan(tokens * 45);
});

function joined(stream: string, field: "content" | "reasoning_content"): string {
  return stream
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice(6)).choices[0]?.delta[field] ?? "")
    .join("");
}
