import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, pixel, world } from "../helpers/world.ts";

const thinking = { type: "enabled", budget_tokens: 1024 } as const;
const tideTool = {
  name: world.tools.tide.function.name,
  description: world.tools.tide.function.description,
  input_schema: { ...world.tools.tide.function.parameters, type: "object" as const },
};
const ask = (content: string, more: object = {}) => ({
  model: world.models.usual,
  max_tokens: 900,
  messages: [{ role: "user" as const, content }],
  ...more,
});

for (const face of ["zai", "web", "openai"] as const) {
  describe(`Anthropic's SDK over ${face}`, () => {
    let app: App;
    let client: Anthropic;
    const connect = (authToken: string) =>
      new Anthropic({ baseURL: app.url, authToken, apiKey: null, maxRetries: 0, logLevel: "off" });
    beforeAll(async () => {
      // Pictures need an account there, not a guest.
      app = await startApp({ face, env: face === "web" ? { ZAI_TOKEN: fakeKey("user") } : {} });
      client = connect(app.key);
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    test("gets a whole message under the name that it asked for", async () => {
      const { data, request_id, response } = await withResponse(
        client.messages.create(ask(world.questions.sum, { model: "claude-haiku-4-5-20251001" })),
      );
      expect(data).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
      expect(data.model).toBe("claude-haiku-4-5-20251001");
      expect(data.content as object[]).toEqual([{ type: "text", text: world.answers.sum }]);
      expect(data.usage.input_tokens).toBeGreaterThan(0);
      expect(data.usage.output_tokens).toBeGreaterThan(0);
      expect(request_id).toBe(response.headers.get("request-id"));
      const row = (await app.settled(1)).at(-1)!;
      expect(row).toMatchObject({ outcome: "completed", model_asked: "claude-haiku-4-5-20251001" });
      expect(row).toMatchObject({ tokens_in: data.usage.input_tokens, tokens_out: data.usage.output_tokens });
      expect(app.simulator.violations()).toEqual([]);
    });

    test("streams thinking before words, and puts them together", async () => {
      const stream = client.messages.stream(ask(world.questions.chinese, { thinking }));
      const types: string[] = [];
      for await (const { type } of stream) types.push(type);
      const message = await stream.finalMessage();
      expect(message.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
      expect(await stream.finalText()).toContain("今天的潮水几点到");
      expect(message.stop_reason).toBe("end_turn");
      expect(message.usage.output_tokens).toBeGreaterThan(0);
      expect(types[0]).toBe("message_start");
      expect(types.slice(-2)).toEqual(["message_delta", "message_stop"]);
    });

    test("sees no thinking that it did not ask for", async () => {
      const message = await client.messages.create(ask(world.questions.sum));
      expect(message.content.map(({ type }) => type)).toEqual(["text"]);
    });

    test("runs a tool and goes on with its result", async () => {
      const question = ask(`${world.questions.tide} [[scenario:text]]`, { tools: [tideTool] });
      const first = await client.messages.stream(question).finalMessage();
      expect(first.stop_reason).toBe("tool_use");
      const call = first.content.find((block) => block.type === "tool_use")!;
      expect(call).toMatchObject({ name: "get_tide", input: { port: "Brest" } });

      const result = { type: "tool_result" as const, tool_use_id: call.id, content: "4.2 metres" };
      const second = await client.messages.create({
        ...question,
        messages: [
          ...question.messages,
          { role: "assistant", content: first.content },
          { role: "user", content: [result] },
        ],
      });
      expect(second.stop_reason).toBe("end_turn");
      const told = JSON.stringify(app.simulator.requests().at(-1)!.body);
      expect(told).toContain("4.2 metres");
      expect(app.simulator.violations()).toEqual([]);
    });

    test("gets an object of a schema, streamed or not", async () => {
      const schema = { type: "object", properties: { height: { type: "number" } }, required: ["height"] };
      const more = { output_config: { format: { type: "json_schema" as const, schema } } };
      app.simulator.say({ answer: ['{"height"', ":4.2}"] });
      const whole = await client.messages.create(ask("The tide?", more));
      app.simulator.say({ answer: ['{"height"', ":4.3}"] });
      const streamed = await client.messages.stream(ask("The tide?", more)).finalMessage();
      const texts = [whole, streamed].map(({ content: [block] }) => block?.type === "text" && block.text);
      expect(texts).toEqual(['{"height":4.2}', '{"height":4.3}']);
    });

    test("shows a picture", async () => {
      const [, media_type, data] = /^data:(.*);base64,(.*)$/.exec(pixel)!;
      const source = { type: "base64" as const, media_type: media_type as "image/png", data: data! };
      const content = [
        { type: "image" as const, source },
        { type: "text" as const, text: "What is this?" },
      ];
      const messages = [{ role: "user" as const, content }];
      const message = await client.messages.create({ model: world.models.seeing, max_tokens: 200, messages });
      expect(message.content[0]).toMatchObject({ type: "text", text: expect.stringContaining("1 thing") });
    });

    test("leaves in mid-stream, and the upstream hears of it", async () => {
      app.simulator.next("stall:5");
      const before = app.rows().length;
      const stream = client.messages.stream(ask(world.questions.poem));
      stream.on("streamEvent", ({ type }) => type === "content_block_delta" && stream.abort());
      await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
      expect((await app.settled(before + 1)).at(-1)!.outcome).toBe("aborted");
      while (app.simulator.aborted() === 0) await Bun.sleep(5);
    });

    test("learns of an error in mid-stream as of an error", async () => {
      app.simulator.next(face === "web" ? "err_mid" : "inband_error");
      const before = app.rows().length;
      await expect(client.messages.stream(ask(world.questions.poem)).finalMessage()).rejects.toBeInstanceOf(
        Anthropic.APIError,
      );
      expect((await app.settled(before + 1)).at(-1)!.outcome).toBe("failed");
    });

    test("never takes a stream that breaks off for a whole one", async () => {
      app.simulator.next("truncate_answer");
      await expect(client.messages.stream(ask(world.questions.poem)).finalMessage()).rejects.toBeInstanceOf(
        Anthropic.APIError,
      );
    });

    test("reads refusals by their status and in its own shape", async () => {
      const wrong = await failing(connect(fakeKey("stranger")).messages.create(ask("hi")));
      expect(wrong).toBeInstanceOf(Anthropic.AuthenticationError);
      expect(wrong).toMatchObject({
        status: 401,
        error: { type: "error", error: { type: "authentication_error", message: expect.any(String) } },
      });
      const smell = [{ role: "user", content: [{ type: "smell" }] }];
      const bad = await failing(client.messages.create(ask("hi", { messages: smell })));
      expect(bad).toBeInstanceOf(Anthropic.BadRequestError);
      expect(`${bad}`).toContain("messages[0].content[0].type");
      app.simulator.always(face === "web" ? "http429" : "e429_1302");
      expect(await failing(client.messages.create(ask("hi")))).toBeInstanceOf(Anthropic.RateLimitError);
    });

    test("counts tokens, and says whose number it is", async () => {
      const messages = [{ role: "user" as const, content: "How high is the tide in Brest at noon?" }];
      const counted = await withResponse(client.messages.countTokens({ model: "claude-haiku-4-5", messages }));
      expect(counted.data.input_tokens).toBeGreaterThan(4);
      expect(counted.response.headers.get("x-zgate-token-count")).toBe(face === "zai" ? "upstream" : "estimated");
    });
  });
}

/** What a request fails with: the SDK's promises start when somebody waits for them. */
async function failing(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}

async function withResponse<T>(promise: {
  withResponse(): Promise<{ data: T; response: Response; request_id: string | null | undefined }>;
}) {
  return promise.withResponse();
}
