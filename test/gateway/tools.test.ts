import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import type { Reply } from "~/simulator/words.ts";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

const tools = [world.tools.tide];
const messages = [{ role: "user" as const, content: world.questions.tide }];
const call = { id: "call_1", name: "get_tide", arguments: '{"port":"Brest"}' };

/** The web chat's model writes it into its words, as it was told to. */
const calling: Partial<Reply> = { answer: [], calls: [call], finish: "tool_calls" };

for (const face of ["zai", "web", "openai"] as const) {
  describe(`tools through the ${face} upstream`, () => {
    let app: App;
    let client: OpenAI;
    beforeAll(async () => {
      app = await startApp({ face });
      client = new OpenAI({ baseURL: app.base, apiKey: app.key, maxRetries: 0 });
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());
    const model = "GLM-4.5";

    test("are called by a whole answer, and the result leads to words", async () => {
      app.simulator.say(calling);
      const first = await client.chat.completions.create({ model, messages, tools });
      const [choice] = first.choices;
      expect(choice!.finish_reason).toBe("tool_calls");
      const [made] = choice!.message.tool_calls as { id: string; type: string; function: { arguments: string } }[];
      expect(made).toMatchObject({ type: "function", function: { name: "get_tide" } });
      expect(JSON.parse(made!.function.arguments)).toEqual({ port: "Brest" });

      const history = [
        ...messages,
        choice!.message,
        { role: "tool" as const, tool_call_id: made!.id, content: [{ type: "text" as const, text: "5.1 m" }] },
      ];
      const second = await client.chat.completions.create({ model, messages: history, tools });
      expect(second.choices[0]!.message.content).toContain("5.1 m");
      expect(app.simulator.violations()).toEqual([]);
    });

    test("are called by a stream, as the SDK puts it together", async () => {
      app.simulator.say(calling);
      const stream = client.chat.completions.stream({ model, messages, tools });
      const final = await stream.finalChatCompletion();
      expect(final.choices[0]!.finish_reason).toBe("tool_calls");
      expect(final.choices[0]!.message.content ?? "").toBe("");
      const made = final.choices[0]!.message.tool_calls!.map((one) => one.type === "function" && one.function);
      expect(made).toMatchObject([{ name: "get_tide", arguments: '{"port":"Brest"}' }]);
    });

    test("run in the SDK's own loop to an answer", async () => {
      app.simulator.say(calling);
      const runner = client.chat.completions.runTools({
        model,
        messages,
        stream: true,
        tools: [
          {
            type: "function",
            function: {
              ...world.tools.tide.function,
              function: ({ port }: { port: string }) => `${port}: 5.1 m`,
              parse: JSON.parse,
            },
          },
        ],
      });
      expect(await runner.finalContent()).toContain("Brest: 5.1 m");
    });

    test("leave an answer without calls as it is", async () => {
      app.simulator.say({ answer: ["High ", "`{water}` ", "<b>now</b>\n", "```js\nx = {}\n```"] });
      const stream = client.chat.completions.stream({ model, messages, tools });
      expect(await stream.finalContent()).toBe("High `{water}` <b>now</b>\n```js\nx = {}\n```");
    });

    test("that are announced and never called are a failure, streamed or not", async () => {
      if (face === "web") return; // The site announces nothing.
      app.simulator.always("empty_tool_delta");
      for (const stream of [true, false]) {
        const error = await (async () => {
          const answer = await client.chat.completions.create({ model, messages, tools, stream });
          if (stream) for await (const _ of answer as AsyncIterable<unknown>);
        })().catch((thrown) => thrown);
        expect(error).toBeInstanceOf(OpenAI.APIError);
        expect(error.code).toBe("upstream_incomplete");
      }
    });
  });
}

/** A demand for a call in the words of each API. */
const demands = {
  chat: { path: "/v1/chat/completions", body: { messages, tools, tool_choice: "required" } },
  messages: {
    path: "/v1/messages",
    body: {
      max_tokens: 500,
      messages,
      tools: [{ name: "get_tide", input_schema: world.tools.tide.function.parameters }],
      tool_choice: { type: "tool", name: "get_tide" },
    },
  },
  responses: {
    path: "/v1/responses",
    body: {
      input: world.questions.tide,
      tools: [{ type: "function", ...world.tools.tide.function }],
      tool_choice: "required",
    },
  },
};

for (const face of ["zai", "web", "openai"] as const) {
  for (const [api, { path, body }] of Object.entries(demands)) {
    test(`a call that the ${face} upstream's model owes is an error and not made up: ${api}`, async () => {
      const app = await startApp({ face });
      try {
        for (const [i, stream] of [false, true].entries()) {
          app.simulator.say({ answer: ["It is high."], calls: [], finish: "stop" });
          const answer = await app.send(path, { model: "glm-4.5", stream, ...body });
          const text = await answer.text();
          if (!stream) expect(answer.status).toBe(502);
          expect(text).toContain("tool_choice");
          expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed|"finish_reason":"/);
          expect((await app.settled(i + 1)).at(-1)).toMatchObject({ outcome: "failed", attempts: 1 });
        }
        app.simulator.say(calling);
        const called = await app.send(path, { model: "glm-4.5", stream: true, ...body });
        expect(await called.text()).toContain("get_tide");
        expect((await app.settled(3)).at(-1)).toMatchObject({ outcome: "completed" });
        expect(app.simulator.violations()).toEqual([]);
      } finally {
        await app.stop();
      }
    });
  }
}

test("several stop sequences end an answer of Z.ai's, and of the web chat's", async () => {
  for (const face of ["zai", "web"] as const) {
    const app = await startApp({ face });
    try {
      const client = new OpenAI({ baseURL: app.base, apiKey: app.key, maxRetries: 0 });
      for (const stream of [false, true]) {
        app.simulator.say({ answer: ["One", " two", " th", "ree", " four"] });
        const body = { model: "GLM-4.5", messages, stop: ["never", "three"], stream_options: stream ? {} : undefined };
        const text = stream
          ? await client.chat.completions.stream(body).finalContent()
          : (await client.chat.completions.create(body)).choices[0]!.message.content;
        expect([face, stream, text]).toEqual([face, stream, "One two "]);
      }
      expect(app.simulator.violations()).toEqual([]);
    } finally {
      await app.stop();
    }
  }
});
