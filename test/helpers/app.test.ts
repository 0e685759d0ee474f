import { afterAll, beforeAll, expect, test } from "bun:test";
import OpenAI from "openai";
import { type App, startApp } from "./app.ts";
import { world } from "./world.ts";

for (const face of ["zai", "web", "openai"] as const) {
  let app: App;
  beforeAll(async () => {
    app = await startApp({ face });
  });
  afterAll(() => app.stop());

  test(`the ${face} upstream answers through a whole zgate, and its rows say so`, async () => {
    const client = new OpenAI({ baseURL: app.base, apiKey: app.key, maxRetries: 0 });
    const messages = [{ role: "user" as const, content: world.questions.sum }];
    const whole = await client.chat.completions.create({ model: "glm-4.5", messages });
    expect(whole.choices[0]!.message.content).toBe(world.answers.sum);
    const stream = await client.chat.completions.create({ model: "glm-4.5", messages, stream: true });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe(world.answers.sum);

    const rows = await app.settled(2);
    expect(rows.map(({ outcome, status, model_asked }) => [outcome, status, model_asked])).toEqual([
      ["completed", 200, "glm-4.5"],
      ["completed", 200, "glm-4.5"],
    ]);
    expect(app.simulator.violations()).toEqual([]);
  });
}
