import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

const message = {
  model: world.models.usual,
  max_tokens: 300,
  messages: [{ role: "user", content: world.questions.sum }],
};

describe("an upstream's own doors", () => {
  let app: App;
  beforeAll(async () => {
    app = await startApp();
  });
  afterEach(() => app.simulator.reset());
  afterAll(() => app.stop());
  const asked = () => app.simulator.requests().map(({ path }) => path);

  test("stand beside the base, one for each API", async () => {
    for (const path of ["/v1/messages", "/anthropic/v1/messages?beta=true"]) await app.send(path, message);
    await app.send("/v1/responses", { model: world.models.usual, input: "hi" });
    await app.ask("hi");
    expect(asked()).toEqual([
      "/api/anthropic/v1/messages",
      "/api/anthropic/v1/messages",
      "/api/v1/responses",
      "/api/paas/v4/chat/completions",
    ]);
  });

  test("take the words of a client as they are, cache marks and all, and give theirs back", async () => {
    const text = `{ "model":"glm-4.7","max_tokens" : 300, "top_k":7, "context_management":{"edits":[]},
      "messages":[{"role":"user","content":[{"type":"text","text":"2 + 2","cache_control":{"type":"ephemeral"}}]}] }`;
    const answer = await app.send("/v1/messages", text, { headers: { "anthropic-beta": "some-beta-2026" } });
    expect(answer.status).toBe(200);
    const [request] = app.simulator.requests();
    expect(request!.body).toEqual(JSON.parse(text));
    expect(request!.headers["anthropic-version"]).toBe("2023-06-01");
    expect(request!.headers).not.toHaveProperty("anthropic-beta");
    expect(await answer.json()).toMatchObject({ content: [{ type: "text", text: "2 + 2 = 4." }] });
  });

  test("stand aside for an answer whose form zgate sees to", async () => {
    const schema = { type: "object", properties: { height: { type: "number" } }, required: ["height"] };
    app.simulator.say({ answer: ['{"heigt":4.2}'] });
    app.simulator.say({ answer: ['{"height":4.2}'] });
    const format = { type: "json_schema", schema };
    const answer = await app.send("/v1/messages", { ...message, output_config: { format } });
    expect(await answer.json()).toMatchObject({ content: [{ type: "text", text: '{"height":4.2}' }] });
    app.simulator.say({ answer: ['{"height":4.3}'] });
    const text = { format: { ...format, name: "tide" } };
    const response = await app.send("/v1/responses", { model: world.models.usual, input: "The tide?", text });
    expect(JSON.stringify(await response.json())).toContain('{\\"height\\":4.3}');
    expect(asked()).toEqual(Array(3).fill("/api/paas/v4/chat/completions"));
  });

  test("are refused in the client's words with what Z.ai's code means", async () => {
    app.simulator.always("e429_1113");
    const answer = await app.send("/v1/messages", message);
    expect(answer.status).toBe(429);
    const { error } = (await answer.json()) as { error: { type: string; message: string } };
    expect(error.type).toBe("rate_limit_error");
    expect(error.message).toContain("balance");
    expect((await app.settled(1)).at(-1)!.error_kind).toBe("insufficient_quota");
  });
});

test("an upstream without these doors is asked through its chat, and asked for them only once", async () => {
  const app = await startApp();
  const bare = withoutDoors(app.simulator.url);
  try {
    await app.restart({ UPSTREAM_URL: `http://127.0.0.1:${bare.port}/api/paas/v4` });
    const wholes: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const answer = await app.send("/v1/messages", message);
      wholes.push(((await answer.json()) as { content: unknown }).content);
    }
    expect(wholes).toEqual(Array(2).fill([{ type: "text", text: world.answers.sum }]));
    expect(bare.asked).toEqual([
      "/api/anthropic/v1/messages",
      "/api/paas/v4/chat/completions",
      "/api/paas/v4/chat/completions",
    ]);
    expect((await app.settled(2)).map(({ outcome }) => outcome)).toEqual(["completed", "completed"]);
  } finally {
    bare.stop();
    await app.stop();
  }
});

/** Z.ai's chat alone, for whom everything else is not found. */
function withoutDoors(origin: string) {
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      if (!pathname.includes("/paas/v4")) return Response.json({ detail: "Not Found" }, { status: 404 });
      return fetch(origin + pathname, { method: "POST", headers: request.headers, body: await request.text() });
    },
  });
  return { port: server.port, asked, stop: () => server.stop(true) };
}

describe("APIs that are only passed on", () => {
  let app: App;
  let plain: ReturnType<typeof plainUpstream>;
  let client: OpenAI;
  beforeAll(async () => {
    plain = plainUpstream();
    app = await startApp({ face: "openai", env: { UPSTREAM_URL: `http://127.0.0.1:${plain.port}/v1` } });
    client = new OpenAI({ baseURL: app.base, apiKey: app.key, maxRetries: 0, logLevel: "off" });
  });
  afterAll(async () => {
    await app.stop();
    plain.stop();
  });

  test("give embeddings where the upstream has them", async () => {
    const { data, usage } = await client.embeddings.create({ model: "small", input: "tide", encoding_format: "float" });
    expect(data[0]!.embedding).toEqual([0.5, -1]);
    expect(usage.prompt_tokens).toBe(3);
    expect((await app.settled(1)).at(-1)).toMatchObject({ outcome: "completed", api: "embeddings", tokens_in: 3 });
  });

  test("go on with a prompt where the upstream does, whole and streamed", async () => {
    const whole = await client.completions.create({ model: "small", prompt: "The tide" });
    expect(whole.choices[0]!.text).toBe(" comes in.");
    let text = "";
    for await (const { choices, usage } of await client.completions.create({
      model: "small",
      prompt: "x",
      stream: true,
    })) {
      text += choices[0]!.text;
      expect(usage ?? null).toBeNull();
    }
    expect(text).toBe(" comes in.");
    const rows = await app.settled(3);
    expect(rows.at(-1)).toMatchObject({ outcome: "completed", api: "completions", tokens_in: 3, tokens_out: 4 });
  });

  test("never look whole when the upstream breaks off", async () => {
    const answer = await app.send("/v1/completions", { model: "small", prompt: "break", stream: true });
    const text = await answer.text();
    expect(text).toContain('"error"');
    expect(text).not.toContain("[DONE]");
  });

  for (const face of ["zai", "web", "openai"] as const) {
    test(`are not made up where ${face} has none`, async () => {
      const other = await startApp({ face });
      try {
        for (const [path, body] of [
          ["/v1/completions", { model: world.models.usual, prompt: "The tide" }],
          ["/v1/embeddings", { model: world.models.usual, input: "tide" }],
        ] as const) {
          const answer = await other.send(path, body);
          expect(answer.status).toBe(501);
          expect(await answer.json()).toMatchObject({
            error: { code: "not_supported", type: "invalid_request_error" },
          });
        }
      } finally {
        await other.stop();
      }
    });
  }
});

/** A plain upstream with two further APIs. */
function plainUpstream() {
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
  const completion = (text: string, finish_reason: string | null) => ({
    id: "cmpl-1",
    object: "text_completion",
    created: 1,
    model: "small",
    choices: [{ index: 0, text, logprobs: null, finish_reason }],
  });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.method === "GET") return Response.json({ object: "list", data: [{ id: "small" }] });
      const body = (await request.json()) as { prompt?: string; stream?: boolean };
      if (pathname === "/v1/embeddings") {
        const data = [{ object: "embedding", index: 0, embedding: [0.5, -1] }];
        return Response.json({ object: "list", data, model: "small", usage: { prompt_tokens: 3, total_tokens: 3 } });
      }
      if (!body.stream) return Response.json({ ...completion(" comes in.", "stop"), usage });
      const events = [
        completion(" comes", null),
        ...(body.prompt === "break"
          ? []
          : [completion(" in.", "stop"), { ...completion("", null), choices: [], usage }]),
      ];
      const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
      const end = body.prompt === "break" ? "" : "data: [DONE]\n\n";
      return new Response(text + end, { headers: { "content-type": "text/event-stream" } });
    },
  });
  return { port: server.port, stop: () => server.stop(true) };
}

test("below Anthropic's paths a refusal has Anthropic's shape", async () => {
  const app = await startApp();
  try {
    for (const [method, path, status, type] of [
      ["GET", "/v1/messages", 405, "invalid_request_error"],
      ["POST", "/anthropic/v1/nothing", 404, "not_found_error"],
      ["POST", "/anthropic", 404, "not_found_error"],
    ] as const) {
      const answer = await fetch(app.url + path, { method });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ type: "error", error: { type } });
    }
    expect((await fetch(app.url, { method: "HEAD", redirect: "manual" })).status).toBeLessThan(500);
  } finally {
    await app.stop();
  }
});

test("Anthropic's SDK lists the models too", async () => {
  const app = await startApp();
  try {
    for (const baseURL of [app.url, `${app.url}/anthropic`]) {
      const client = new Anthropic({ baseURL, authToken: app.key, apiKey: null, maxRetries: 0 });
      const { data, has_more } = await client.models.list();
      expect(has_more).toBe(false);
      expect(data.map(({ id }) => id)).toContain(world.models.usual);
      const one = await client.models.retrieve(world.models.usual);
      expect(one).toMatchObject({ type: "model", id: world.models.usual, display_name: world.models.usual });
    }
  } finally {
    await app.stop();
  }
});
