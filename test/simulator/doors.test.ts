import { afterAll, afterEach, expect, test } from "bun:test";
import OpenAI from "openai";
import { startSimulator } from "~/simulator/simulator.ts";
import { events, send } from "./client.ts";

const simulator = await startSimulator();
const client = new OpenAI({ baseURL: `${simulator.url}/api/v1`, apiKey: "any", maxRetries: 0 });
afterEach(() => simulator.reset());
afterAll(() => simulator.stop());

test("streams Responses that the OpenAI client puts together", async () => {
  const stream = client.responses.stream({ model: "glm-4.7", input: "What is 7 + 5?" });
  const numbers: number[] = [];
  for await (const event of stream) numbers.push(event.sequence_number);
  const whole = await stream.finalResponse();
  expect(whole.output_text).toBe("7 + 5 = 12.");
  expect(whole.status).toBe("completed");
  expect(whole.output.map((item) => item.type)).toEqual(["reasoning", "message"]);
  expect(whole.usage!.total_tokens).toBe(whole.usage!.input_tokens + whole.usage!.output_tokens);
  expect(numbers).toEqual(numbers.map((_, index) => index));
});

test("calls a function in Responses, and reads what it said", async () => {
  const tool = { type: "function" as const, name: "get_tide", strict: false, parameters: tideSchema };
  const input = [{ role: "user" as const, content: "The tide in Brest?" }];
  const first = await client.responses.create({ model: "glm-4.7", input, tools: [tool] });
  const call = first.output.find((item) => item.type === "function_call")!;
  expect(JSON.parse(call.arguments)).toEqual({ port: "Brest" });
  const output = { type: "function_call_output" as const, call_id: call.call_id, output: "4.2 metres" };
  const second = await client.responses.create({ model: "glm-4.7", input: [...input, call, output], tools: [tool] });
  expect(second.output_text).toBe("The tool says: 4.2 metres");
});

test("ends Responses that grew too long as incomplete", async () => {
  const answer = await client.responses.create({ model: "glm-4.7", input: "count to 90", max_output_tokens: 9 });
  expect(answer.status).toBe("incomplete");
  expect(answer.incomplete_details).toEqual({ reason: "max_output_tokens" });
});

test("streams Messages in Anthropic's order of events", async () => {
  const said = (await events(await ask({ stream: true, thinking: { type: "enabled", budget_tokens: 1024 } }))).map(
    (text) => JSON.parse(text),
  );
  const order = said.map((event) => event.type).filter((type, index, all) => type !== all[index - 1]);
  expect(order).toEqual([
    "message_start",
    "ping",
    ...["content_block_start", "content_block_delta", "content_block_stop"],
    ...["content_block_start", "content_block_delta", "content_block_stop"],
    "message_delta",
    "message_stop",
  ]);
  const deltas = said.filter((event) => event.type === "content_block_delta").map((event) => event.delta);
  expect(deltas.map((delta) => delta.text ?? "").join("")).toBe("7 + 5 = 12.");
  expect(deltas.map((delta) => delta.thinking ?? "").join("")).toStartWith("The user says");
  expect(said.at(-2)).toMatchObject({ delta: { stop_reason: "end_turn" }, usage: { input_tokens: 8 } });
});

test("uses a tool in Messages, whole and streamed, and reads its result", async () => {
  const question = { role: "user", content: "The tide in Brest?" };
  const tools = [{ name: "get_tide", input_schema: tideSchema }];
  const first = await (await ask({ messages: [question], tools })).json();
  expect(first.stop_reason).toBe("tool_use");
  expect(first.content[0]).toMatchObject({ type: "tool_use", name: "get_tide", input: { port: "Brest" } });
  const streamed = (await events(await ask({ messages: [question], tools, stream: true }))).map((text) =>
    JSON.parse(text),
  );
  expect(streamed.map((event) => event.delta?.partial_json ?? "").join("")).toBe('{"port":"Brest"}');
  const result = { type: "tool_result", tool_use_id: first.content[0].id, content: "4.2 metres" };
  const messages = [question, { role: "assistant", content: first.content }, { role: "user", content: [result] }];
  const second = await (await ask({ messages, tools })).json();
  expect(second.content).toEqual([{ type: "text", text: "The tool says: 4.2 metres" }]);
});

test("refuses in Anthropic's words, with Z.ai's code inside", async () => {
  simulator.next("e429_1310");
  const response = await ask({});
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({ type: "error", error: { type: "rate_limit_error", code: "1310" } });
});

test("takes Claude's names and the key in x-api-key", async () => {
  const response = await fetch(`${simulator.url}/api/anthropic/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": "an-id.a-secret", "Content-Type": "application/json" },
    body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 99, messages: [{ role: "user", content: "hi" }] }),
  });
  expect((await response.json()).model).toBe("glm-4.5-air");
  expect(simulator.violations()).toEqual([]);
});

const tideSchema = { type: "object", properties: { port: { type: "string" } } };

function ask(more: object): Promise<Response> {
  const messages = [{ role: "user", content: "What is 7 + 5?" }];
  return send(`${simulator.url}/api/anthropic/v1/messages`, { model: "glm-4.7", max_tokens: 900, messages, ...more });
}
