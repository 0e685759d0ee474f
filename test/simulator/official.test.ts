import { afterAll, afterEach, expect, test } from "bun:test";
import { startSimulator } from "~/simulator/simulator.ts";
import { events, send } from "./client.ts";

const simulator = await startSimulator();
afterEach(() => simulator.reset());
afterAll(() => simulator.stop());

test("streams as Z.ai does: a role in every delta, no finish reason before the last, usage beside it", async () => {
  const response = await ask({ stream: true });
  const said = await events(response);
  expect(said.pop()).toBe("[DONE]");
  const chunks = said.map((text) => JSON.parse(text));
  const last = chunks.pop();
  for (const chunk of chunks) {
    expect(chunk.choices[0].delta.role).toBe("assistant");
    expect(chunk.choices[0]).not.toHaveProperty("finish_reason");
    expect(chunk).not.toHaveProperty("usage");
  }
  expect(last.choices[0].finish_reason).toBe("stop");
  expect(last.usage.completion_tokens).toBe(chunks.length);
  const thinking = chunks.map((chunk) => chunk.choices[0].delta.reasoning_content ?? "").join("");
  expect(thinking).toStartWith("The user says: What is 7 + 5?");
  expect(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("")).toBe("7 + 5 = 12.");
});

test("does not think when told not to", async () => {
  const answer = await (await ask({ thinking: { type: "disabled" } })).json();
  expect(answer.choices[0].message).toEqual({ role: "assistant", content: "7 + 5 = 12." });
});

test("gives a tool's arguments at once, or in pieces when asked", async () => {
  const tools = [{ type: "function", function: { name: "get_tide", parameters: tideSchema } }];
  const messages = [{ role: "user", content: "The tide in Brest?" }];
  for (const tool_stream of [false, true]) {
    const said = await events(await ask({ messages, tools, stream: true, tool_stream }));
    const deltas = said.slice(0, -1).flatMap((text) => JSON.parse(text).choices[0].delta.tool_calls ?? []);
    expect(deltas.length).toBe(tool_stream ? 3 : 1);
    expect(deltas.map((delta) => delta.function.arguments).join("")).toBe('{"port":"Brest"}');
    expect(deltas.filter((delta) => delta.id !== undefined).length).toBe(1);
  }
});

const wrong: [string, object, string][] = [
  ["a model that it does not have", { model: "gpt-4" }, "1211"],
  ["a web id", { model: "0727-360B-API" }, "1211"],
  ["temperature above 1", { temperature: 1.5 }, "1210"],
  ["two stop words", { stop: ["a", "b"] }, "1210"],
  ["a bare stop word", { stop: "a" }, "1210"],
  ["more tokens than the model has", { max_tokens: 200_000 }, "1210"],
  ["a picture for a model that does not see", { messages: [picture()] }, "1210"],
  ["the developer role", { messages: [{ role: "developer", content: "hi" }] }, "1210"],
  ["a tool message with parts", { messages: [{ role: "tool", content: [{ type: "text", text: "x" }] }] }, "1210"],
  ["tool_stream without stream", { tool_stream: true }, "1210"],
  ["a JSON schema", { response_format: { type: "json_schema" } }, "1210"],
];

for (const [what, body, code] of wrong) {
  test(`refuses ${what}, and remembers it`, async () => {
    const response = await ask(body);
    expect(response.status).toBe(400);
    expect((await response.json()).error.code).toBe(code);
    expect(simulator.violations()).toHaveLength(1);
  });
}

test("finds nothing wrong with a picture for a model that sees", async () => {
  const response = await ask({
    model: "glm-4.5v",
    messages: [picture()],
    temperature: 1,
    stop: ["a"],
    max_tokens: 9000,
  });
  expect(response.status).toBe(200);
  expect(simulator.violations()).toEqual([]);
});

test("wants a bearer", async () => {
  const response = await fetch(`${simulator.zaiUrl}/chat/completions`, { method: "POST", body: "{}" });
  expect(response.status).toBe(401);
  expect((await response.json()).error.code).toBe("1001");
});

test("answers a mistyped path with 500", async () => {
  const response = await fetch(`${simulator.url}/api/paas/v4/chat/completion`);
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ error: { code: "500", message: "404 NOT_FOUND" } });
});

test("lists its models, but not those that see", async () => {
  const { data } = await (await fetch(`${simulator.zaiUrl}/models`)).json();
  const ids = data.map((row: { id: string }) => row.id);
  expect(ids).toContain("glm-4.7");
  expect(ids).not.toContain("glm-4.5v");
});

const tideSchema = { type: "object", properties: { port: { type: "string" } } };

function picture() {
  return { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] };
}

function ask(more: object): Promise<Response> {
  const usual = { model: "glm-4.7", messages: [{ role: "user", content: "What is 7 + 5?" }] };
  return send(`${simulator.zaiUrl}/chat/completions`, { ...usual, ...more });
}
