import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

const kinds = { empty_tool_delta: "upstream_incomplete", network_error: "upstream_error" };
const ends = { chat: '"finish_reason":"', messages: "event: message_stop", responses: "event: response.completed" };

for (const face of ["openai", "zai"] as const) {
  describe(`an end of the ${face} upstream that says failure`, () => {
    let app: App;
    beforeAll(async () => {
      app = await startApp({ face });
    });
    afterAll(() => app.stop());

    for (const [scenario, kind] of Object.entries(kinds)) {
      for (const api of ["chat", "messages", "responses"] as const) {
        // Z.ai's Responses name no such end.
        if (face === "zai" && api === "responses") continue;
        for (const stream of [false, true]) {
          test(`is no success: ${scenario}, ${api}, ${stream ? "streamed" : "whole"}`, async () => {
            const question = `hi [[scenario:${scenario}]]`;
            const messages = [{ role: "user", content: question }];
            const body = {
              chat: { messages },
              messages: { messages, max_tokens: 500 },
              responses: { input: question },
            };
            const path = { chat: "/v1/chat/completions", messages: "/v1/messages", responses: "/v1/responses" }[api];
            const before = app.rows().length;
            const answer = await app.send(path, { model: world.models.usual, stream, ...body[api] });
            const text = await answer.text();
            expect(text).toContain('"error"');
            expect(text).not.toContain(ends[api]);
            expect(text).not.toContain("[DONE]");
            if (!stream) expect(answer.status).toBe(502);
            expect((await app.settled(before + 1)).at(-1)).toMatchObject({ outcome: "failed", error_kind: kind });
          });
        }
      }
    }
  });
}

test("a passed stream may end in calls that nobody offered tools for", async () => {
  const chunk = (delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const call = { index: 0, id: "a", type: "function", function: { name: "search", arguments: "{}" } };
  const text = chunk({ content: "One " }) + chunk({ content: "moment" }) + chunk({ tool_calls: [call] });
  const upstream = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response(`${text + chunk({}, "tool_calls")}data: [DONE]\n\n`, {
        headers: { "content-type": "text/event-stream" },
      }),
  });
  const app = await startApp({ face: "openai", env: { UPSTREAM_URL: `http://127.0.0.1:${upstream.port}/v1` } });
  try {
    expect(await (await app.ask("hi", { stream: true })).text()).toEndWith("data: [DONE]\n\n");
    expect((await app.settled(1)).at(-1)).toMatchObject({ outcome: "completed" });
  } finally {
    await app.stop();
    upstream.stop(true);
  }
});

test("an end that nobody here knows reaches clients by a name that they know", async () => {
  const known = {
    chat: { repetition: "stop", MAX_TOKENS: "length", safety: "content_filter" },
    messages: { repetition: "end_turn", MAX_TOKENS: "max_tokens", safety: "refusal" },
  };
  const paths = { chat: "/v1/chat/completions", messages: "/v1/messages" };
  for (const face of ["openai", "zai"] as const) {
    const app = await startApp({ face });
    try {
      for (const api of ["chat", "messages"] as const) {
        for (const [finish, told] of Object.entries(known[api])) {
          for (const stream of [false, true]) {
            app.simulator.say({ answer: ["High", " at noon"], finish });
            const body = { model: world.models.usual, max_tokens: 500, messages: [{ role: "user", content: "潮?" }] };
            const text = await (await app.send(paths[api], { stream, ...body })).text();
            const ends = [...text.matchAll(/"(?:finish|stop)_reason":\s*"([^"]*)"/g)].map(([, reason]) => reason);
            expect({ face, api, stream, ends }).toEqual({ face, api, stream, ends: [told] });
          }
        }
      }
    } finally {
      await app.stop();
    }
  }
});
