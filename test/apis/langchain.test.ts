import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { ChatOpenAI } from "@langchain/openai";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, world } from "../helpers/world.ts";

const ways = [false, true].flatMap((useResponsesApi) =>
  (["zai", "web", "openai"] as const).map((face) => ({ useResponsesApi, face })),
);

for (const { useResponsesApi, face } of ways) {
  describe(`LangChain on ${useResponsesApi ? "Responses" : "chat"} over ${face}`, () => {
    let app: App;
    beforeAll(async () => {
      app = await startApp({ face });
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    const connect = (apiKey = app.key) =>
      new ChatOpenAI({
        model: world.models.usual,
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

    test("reads a refusal", async () => {
      const refused = await connect(fakeKey("stranger"))
        .invoke("hi")
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ status: 401 });
    });
  });
}
