import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { ChatOpenAI } from "@langchain/openai";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, pixel, world } from "../helpers/world.ts";

const ways = [false, true].flatMap((useResponsesApi) =>
  (["zai", "web", "openai"] as const).map((face) => ({ useResponsesApi, face })),
);

for (const { useResponsesApi, face } of ways) {
  describe(`LangChain on ${useResponsesApi ? "Responses" : "chat"} over ${face}`, () => {
    let app: App;
    beforeAll(async () => {
      app = await startApp({ face, env: { ZAI_TOKEN: "harbour-user-token" } });
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    const connect = (apiKey = app.key, model: string = world.models.usual) =>
      new ChatOpenAI({
        model,
        apiKey,
        configuration: { baseURL: app.base },
        maxRetries: 0,
        useResponsesApi,
      });

    test("invokes, with its usage", async () => {
      const message = await connect().invoke(world.questions.sum);
      expect(message.text).toBe(world.answers.sum);
      expect(message.usage_metadata!.output_tokens).toBeGreaterThan(0);
    });

    test("streams", async () => {
      let text = "";
      let tokens = 0;
      for await (const chunk of await connect().stream(world.questions.sum)) {
        text += chunk.text;
        tokens += chunk.usage_metadata?.output_tokens ?? 0;
      }
      expect(text).toBe(world.answers.sum);
      expect(tokens).toBeGreaterThan(0);
    });

    test("calls a tool and goes on with its result", async () => {
      const model = connect().bindTools([world.tools.tide]);
      const first = await model.invoke([{ role: "user", content: world.questions.tide }]);
      expect(first.tool_calls).toMatchObject([{ name: "get_tide", args: { port: "Brest" } }]);
      const result = { role: "tool", tool_call_id: first.tool_calls![0]!.id!, content: "4.2 metres" };
      const second = await model.invoke([{ role: "user", content: world.questions.tide }, first, result]);
      expect(second.text).toBe("The tool says: 4.2 metres");
      expect(app.simulator.violations()).toEqual([]);
    });

    test("shows a picture", async () => {
      const image = { type: "image_url", image_url: { url: pixel } };
      const content = [{ type: "text", text: "What is this?" }, image];
      const { text } = await connect(app.key, world.models.seeing).invoke([{ role: "user", content }]);
      expect(text).toContain("1 thing");
    });

    test("gets an object of a schema", async () => {
      app.simulator.say({ answer: ['{"height"', ":4.2}"] });
      const schema = {
        title: "tide",
        type: "object",
        properties: { height: { type: "number" } },
        required: ["height"],
        additionalProperties: false,
      };
      const model = connect().withStructuredOutput(schema, { method: "jsonSchema" });
      expect(await model.invoke("The tide, as JSON")).toEqual({ height: 4.2 });
    });

    test("leaves in mid-stream", async () => {
      app.simulator.next("text+stall:12");
      const before = app.rows().length;
      const controller = new AbortController();
      const stream = await connect().stream(world.questions.poem, { signal: controller.signal });
      const reading = (async () => {
        for await (const { text } of stream) if (text !== "") controller.abort();
      })();
      await reading.catch(() => {});
      expect((await app.settled(before + 1)).at(-1)!.outcome).toBe("aborted");
    });

    test("hears of an error in mid-stream", async () => {
      app.simulator.next(face === "web" ? "err_mid" : "inband_error");
      const failed = (async () => {
        for await (const _ of await connect().stream(world.questions.poem));
      })();
      expect(await failed.catch((error: unknown) => error)).toBeInstanceOf(Error);
    });

    test("reads a refusal", async () => {
      const refused = await connect(fakeKey("stranger"))
        .invoke("hi")
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ status: 401 });
    });
  });
}
