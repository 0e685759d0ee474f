import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, pixel, world } from "../helpers/world.ts";

const tideTool = { type: "function" as const, strict: false, ...world.tools.tide.function };
const ask = (input: OpenAI.Responses.ResponseInput | string, more: object = {}) => ({
  model: world.models.usual,
  input,
  ...more,
});

for (const face of ["zai", "web", "openai"] as const) {
  describe(`OpenAI's SDK on Responses over ${face}`, () => {
    let app: App;
    let client: OpenAI;
    const connect = (apiKey: string) => new OpenAI({ baseURL: app.base, apiKey, maxRetries: 0, logLevel: "off" });
    beforeAll(async () => {
      // Pictures need an account there, not a guest.
      app = await startApp({ face, env: face === "web" ? { ZAI_TOKEN: fakeKey("user") } : {} });
      client = connect(app.key);
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    test("gets a whole response under the name that it asked for", async () => {
      const response = await client.responses.create(ask(world.questions.sum, { model: "GLM-4.7" }));
      expect(response).toMatchObject({ object: "response", status: "completed", model: "GLM-4.7", error: null });
      expect(response.output_text).toBe(world.answers.sum);
      const { input_tokens, output_tokens, total_tokens } = response.usage!;
      expect(total_tokens).toBe(input_tokens + output_tokens);
      const row = (await app.settled(1)).at(-1)!;
      expect(row).toMatchObject({ outcome: "completed", tokens_in: input_tokens, tokens_out: output_tokens });
      expect(app.simulator.violations()).toEqual([]);
    });

    test("streams typed events in order, each with the next number", async () => {
      const question = `${world.questions.chinese} [[scenario:think]]`;
      const stream = client.responses.stream(ask(question, { reasoning: { effort: "high" } }));
      const numbers: number[] = [];
      const types: string[] = [];
      for await (const { sequence_number, type } of stream) {
        numbers.push(sequence_number);
        types.push(type);
      }
      expect(numbers).toEqual(numbers.map((_, i) => i));
      expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
      expect(types.at(-1)).toBe("response.completed");
      const response = await stream.finalResponse();
      expect(response.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
      expect(response.output_text).toContain("今天的潮水几点到");
    });

    test("calls a function and goes on by the id of the response", async () => {
      const first = await client.responses.stream(ask(world.questions.tide, { tools: [tideTool] })).finalResponse();
      const call = first.output.find((item) => item.type === "function_call")!;
      expect(call.name).toBe("get_tide");
      expect(JSON.parse(call.arguments)).toEqual({ port: "Brest" });
      const output = [{ type: "function_call_output" as const, call_id: call.call_id, output: "4.2 metres" }];
      const second = await client.responses.create(ask(output, { previous_response_id: first.id, tools: [tideTool] }));
      expect(second.status).toBe("completed");
      const told = JSON.stringify(app.simulator.requests().at(-1)!.body);
      expect(told).toContain(world.questions.tide);
      expect(told).toContain("4.2 metres");
      expect(told).not.toContain("previous_response_id");
      const whole = await client.responses.create(
        ask([{ role: "user", content: world.questions.tide }, call, ...output], { tools: [tideTool], store: false }),
      );
      expect(whole.output_text).toBe(second.output_text);
      expect(app.simulator.violations()).toEqual([]);
    });

    test("tells the thinking apart from the words", async () => {
      app.simulator.say({ thinking: ["Seven ", "and five."], answer: ["12"] });
      const final = await client.responses.stream(ask(world.questions.sum)).finalResponse();
      const [thought] = final.output.filter((item) => item.type === "reasoning");
      const said = thought?.summary[0]?.text ?? thought?.content?.[0]?.text;
      expect([said, final.output_text]).toEqual(["Seven and five.", "12"]);
    });

    test("gets an object of a schema, streamed or not", async () => {
      const schema = { type: "object", properties: { height: { type: "number" } }, required: ["height"] };
      const text = { format: { type: "json_schema" as const, name: "tide", schema } };
      app.simulator.say({ answer: ['{"height"', ":4.2}"] });
      const whole = await client.responses.create(ask("The tide?", { text }));
      app.simulator.say({ answer: ['{"height"', ":4.3}"] });
      const streamed = await client.responses.stream(ask("The tide?", { text })).finalResponse();
      expect([whole.output_text, streamed.output_text]).toEqual(['{"height":4.2}', '{"height":4.3}']);
    });

    test("shows a picture", async () => {
      const content = [
        { type: "input_image" as const, image_url: pixel, detail: "auto" as const },
        { type: "input_text" as const, text: "What is this?" },
      ];
      const { output_text } = await client.responses.create(
        ask([{ role: "user", content }], { model: world.models.seeing }),
      );
      expect(output_text).toContain("1 thing");
    });

    test("leaves in mid-stream, and the upstream hears of it", async () => {
      app.simulator.next("stall:5");
      const before = app.rows().length;
      const stream = await client.responses.create({ ...ask(world.questions.poem), stream: true });
      for await (const { type } of stream) if (type.endsWith(".delta")) break;
      expect((await app.settled(before + 1)).at(-1)!.outcome).toBe("aborted");
      while (app.simulator.aborted() === 0) await Bun.sleep(5);
    });

    test("learns of an error in mid-stream as of an error, with response.failed behind it", async () => {
      app.simulator.next(face === "web" ? "err_mid" : "inband_error");
      const before = app.rows().length;
      const failed = await failing(client.responses.stream(ask(world.questions.poem)).finalResponse());
      expect(failed).toBeInstanceOf(OpenAI.APIError);
      expect((await app.settled(before + 1)).at(-1)!.outcome).toBe("failed");

      app.simulator.next(face === "web" ? "err_mid" : "inband_error");
      const raw = await (await app.send("/v1/responses", ask(world.questions.poem, { stream: true }))).text();
      const types = [...raw.matchAll(/^event: (.*)$/gm)].map(([, type]) => type);
      expect(types.slice(-2)).toEqual(["error", "response.failed"]);
      expect(types).not.toContain("response.completed");
    });

    test("never takes a stream that breaks off for a whole one", async () => {
      app.simulator.next("truncate_answer");
      const failed = await failing(client.responses.stream(ask(world.questions.poem)).finalResponse());
      expect(failed).toBeInstanceOf(OpenAI.APIError);
    });

    test("reads refusals by their status and in its own shape", async () => {
      const stranger = await failing(connect(fakeKey("stranger")).responses.create(ask("hi")));
      expect(stranger).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(stranger).toMatchObject({ code: "invalid_api_key" });
      const bad = await failing(client.responses.create(ask([{ type: "smell" } as never])));
      expect(bad).toMatchObject({ status: 400, param: "input[0].type" });
      const unknown = await failing(client.responses.create(ask("hi", { previous_response_id: "resp_nobody" })));
      expect(unknown).toMatchObject({
        status: 400,
        code: "previous_response_not_found",
        param: "previous_response_id",
        type: "invalid_request_error",
      });
      app.simulator.always(face === "web" ? "http429" : "e429_1302");
      expect(await failing(client.responses.create(ask("hi")))).toBeInstanceOf(OpenAI.RateLimitError);
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
