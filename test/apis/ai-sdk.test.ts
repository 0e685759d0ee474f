import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, type LanguageModel, Output, stepCountIs, streamText, tool } from "ai";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, pixel, world } from "../helpers/world.ts";

const tools = {
  get_tide: tool({
    description: world.tools.tide.function.description,
    inputSchema: jsonSchema<{ port: string }>(world.tools.tide.function.parameters as never),
    execute: async ({ port }) => `4.2 metres in ${port}`,
  }),
};

/** The providers of the AI SDK, each with the API that it speaks. */
const providers: Record<string, (app: App, key?: string) => (model: string) => LanguageModel> = {
  "openai (Responses)": (app, apiKey = app.key) => createOpenAI({ baseURL: app.base, apiKey }),
  "openai (chat)": (app, apiKey = app.key) => createOpenAI({ baseURL: app.base, apiKey }).chat,
  "openai-compatible": (app, apiKey = app.key) =>
    createOpenAICompatible({
      name: "zgate",
      baseURL: app.base,
      apiKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
    }),
  anthropic: (app, apiKey = app.key) => createAnthropic({ baseURL: app.base, apiKey }),
};

for (const face of ["zai", "openai", "web"] as const) {
  let app: App;
  beforeAll(async () => {
    app = await startApp({ face, env: { ZAI_TOKEN: "harbour-user-token" } });
  });
  afterEach(() => app.simulator.reset());
  afterAll(() => app.stop());

  for (const [name, connect] of Object.entries(providers)) {
    describe(`the AI SDK's ${name} over ${face}`, () => {
      const quick = { maxRetries: 0, maxOutputTokens: 900 };

      test("generates text, with its usage", async () => {
        const model = connect(app)(world.models.usual);
        const { text, usage, finishReason } = await generateText({ model, prompt: world.questions.sum, ...quick });
        expect(text).toBe(world.answers.sum);
        expect(finishReason).toBe("stop");
        expect(usage.inputTokens).toBeGreaterThan(0);
        expect(usage.outputTokens).toBeGreaterThan(0);
      });

      test("streams through a tool, to the answer behind it", async () => {
        const model = connect(app)(world.models.usual);
        const errors: unknown[] = [];
        const stream = streamText({
          model,
          prompt: world.questions.tide,
          tools,
          stopWhen: stepCountIs(3),
          onError: ({ error }) => void errors.push(error),
          ...quick,
        });
        expect(await stream.text).toBe("The tool says: 4.2 metres in Brest");
        expect(errors).toEqual([]);
        const steps = await stream.steps;
        expect(steps).toHaveLength(2);
        expect(steps[0]!.toolCalls).toMatchObject([{ toolName: "get_tide", input: { port: "Brest" } }]);
        expect(steps[0]!.finishReason).toBe("tool-calls");
        expect(app.simulator.violations()).toEqual([]);
      });

      test("goes on with what it was told before", async () => {
        const model = connect(app)(world.models.usual);
        const first = await generateText({ model, prompt: world.questions.sum, ...quick });
        const messages = [
          { role: "user" as const, content: world.questions.sum },
          ...first.response.messages,
          { role: "user" as const, content: world.questions.chinese },
        ];
        const { text } = await generateText({ model, messages, ...quick });
        expect(text).toContain("今天的潮水几点到");
        expect(JSON.stringify(app.simulator.requests().at(-1)!.body)).toContain(world.answers.sum);
      });

      test("shows a picture", async () => {
        const model = connect(app)(world.models.seeing);
        const image = new Uint8Array(Buffer.from(pixel.split(",")[1]!, "base64"));
        const content = [
          { type: "file" as const, data: image, mediaType: "image/png" },
          { type: "text" as const, text: "What is this?" },
        ];
        const { text } = await generateText({ model, messages: [{ role: "user", content }], ...quick });
        expect(text).toContain("1 thing");
      });

      // OpenAI's own chat has no place for thinking, so that provider passes over it.
      if (name !== "openai (chat)")
        test("tells the thinking apart from the words", async () => {
          app.simulator.say({ thinking: ["Seven ", "and five."], answer: ["12"] });
          const providerOptions = { anthropic: { thinking: { type: "enabled" as const, budgetTokens: 1024 } } };
          const model = connect(app)(world.models.usual);
          const stream = streamText({ model, prompt: world.questions.sum, providerOptions, ...quick });
          expect([await stream.reasoningText, await stream.text]).toEqual(["Seven and five.", "12"]);
        });

      // Anthropic's provider asks models that it does not know for a tool's call instead.
      if (name !== "anthropic")
        test("gets an object of a schema", async () => {
          app.simulator.say({ answer: ['{"height"', ":4.2}"] });
          const schema = jsonSchema<{ height: number }>({
            type: "object",
            properties: { height: { type: "number" } },
            required: ["height"],
            additionalProperties: false,
          });
          const model = connect(app)(world.models.usual);
          const { output } = await generateText({
            model,
            prompt: "The tide?",
            output: Output.object({ schema }),
            ...quick,
          });
          expect(output).toEqual({ height: 4.2 });
        });

      test("leaves in mid-stream", async () => {
        app.simulator.next("text+stall:12");
        const before = app.rows().length;
        const controller = new AbortController();
        const model = connect(app)(world.models.usual);
        const { fullStream } = streamText({
          model,
          prompt: world.questions.poem,
          abortSignal: controller.signal,
          onError: () => {},
          ...quick,
        });
        for await (const { type } of fullStream) if (type.endsWith("-delta")) controller.abort();
        expect((await app.settled(before + 1)).at(-1)!.outcome).toBe("aborted");
      });

      test("hears of an error in mid-stream", async () => {
        app.simulator.next(face === "web" ? "err_mid" : "inband_error");
        const errors: unknown[] = [];
        const model = connect(app)(world.models.usual);
        const onError = ({ error }: { error: unknown }) => void errors.push(error);
        const stream = streamText({ model, prompt: world.questions.poem, onError, ...quick });
        await stream.consumeStream();
        expect(errors.length).toBeGreaterThan(0);
      });

      test("reads a refusal", async () => {
        const model = connect(app, fakeKey("stranger"))(world.models.usual);
        const refused = await generateText({ model, prompt: "hi", ...quick }).catch((error: unknown) => error);
        expect(refused).toMatchObject({ statusCode: 401, message: expect.stringContaining("API key") });
      });
    });
  }
}
