import { afterAll, afterEach, expect, test } from "bun:test";
import OpenAI from "openai";
import { startSimulator } from "~/simulator/simulator.ts";

const simulator = await startSimulator();
const client = new OpenAI({ baseURL: simulator.openaiUrl, apiKey: "any", maxRetries: 0 });
afterEach(() => simulator.reset());
afterAll(() => simulator.stop());

test("answers the OpenAI client with words that depend on the question", async () => {
  const answer = await client.chat.completions.create({ model: "small-model", messages: ask("What is 7 + 5?") });
  expect(answer.choices[0]!.message.content).toBe("7 + 5 = 12.");
  expect(answer.choices[0]!.finish_reason).toBe("stop");
  expect(answer.usage!.total_tokens).toBe(answer.usage!.prompt_tokens + answer.usage!.completion_tokens);
});

test("streams the same words piece by piece, and usage only to those who ask", async () => {
  const bare = await collect(await client.chat.completions.create({ ...question("count to 12"), stream: true }));
  expect(bare.text).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12");
  expect(bare.usage).toBeNull();
  const options = { stream: true, stream_options: { include_usage: true } } as const;
  const counted = await collect(await client.chat.completions.create({ ...question("count to 12"), ...options }));
  expect(counted.usage!.completion_tokens).toBe(counted.pieces);
});

test("calls the tool that the question is about, and tells what it said", async () => {
  const told = { ...question("How high is the tide in Brest?"), tools: [tideTool] };
  const first = await client.chat.completions.create(told);
  const call = first.choices[0]!.message.tool_calls![0]!;
  expect(first.choices[0]!.finish_reason).toBe("tool_calls");
  expect(call).toMatchObject({ function: { name: "get_tide", arguments: '{"port":"Brest"}' } });
  const messages = [
    ...told.messages,
    first.choices[0]!.message,
    { role: "tool" as const, tool_call_id: call.id, content: "4.2 metres" },
  ];
  const second = await client.chat.completions.create({ ...told, messages });
  expect(second.choices[0]!.message.content).toBe("The tool says: 4.2 metres");
});

test("obeys max_tokens and stop", async () => {
  const short = await client.chat.completions.create({ ...question("count to 100"), max_tokens: 5 });
  expect(short.choices[0]!.finish_reason).toBe("length");
  expect(short.usage!.completion_tokens).toBe(5);
  const stopped = await client.chat.completions.create({ ...question("count to 9"), stop: ", 4" });
  expect(stopped.choices[0]!.message.content).toBe("1, 2, 3");
});

test("throws at the OpenAI client what a server would", async () => {
  simulator.next("http429_retry_after:9");
  const error = await client.chat.completions.create(question("hi")).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.RateLimitError);
  expect(error.headers.get("retry-after")).toBe("9");
  simulator.next("inband_error");
  const stream = await client.chat.completions.create({ ...question("hi"), stream: true });
  expect(collect(stream)).rejects.toThrow("overloaded");
});

const tideTool = {
  type: "function" as const,
  function: { name: "get_tide", parameters: { type: "object", properties: { port: { type: "string" } } } },
};

function ask(content: string) {
  return [{ role: "user" as const, content }];
}

function question(content: string) {
  return { model: "small-model", messages: ask(content) };
}

async function collect(stream: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  let text = "";
  let pieces = 0;
  let usage: OpenAI.CompletionUsage | null = null;
  for await (const chunk of stream) {
    const said = chunk.choices[0]?.delta.content ?? "";
    text += said;
    if (said !== "") pieces += 1;
    usage = chunk.usage ?? usage;
  }
  return { text, pieces, usage };
}
