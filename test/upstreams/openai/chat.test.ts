import { expect, test } from "bun:test";
import type { ChatAsk, ChatChunk, ChatRequest } from "~/chat/chat.ts";
import { openai } from "~/upstreams/openai/index.ts";
import { harbour, tellingFor, toldOf } from "../telling.ts";

const question: ChatRequest = {
  model: "tide-1",
  messages: [{ role: "user", content: "Hi" }],
  temperature: 1.7,
  extra: [1],
};
const tools = [{ type: "function", function: { name: "get_tide" } }];
const sent = (body: ChatRequest, wish: Partial<ChatAsk> = {}) => openai.chat.ask(tellingFor(openai, body, wish), 0);
const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-9",
  object: "chat.completion.chunk",
  created: 1,
  model: "tide-1",
  choices: [{ index: 0, delta, finish_reason }],
});

test("hands a whole question on as the very same text, whatever is in it", () => {
  const told = tellingFor(openai, question, { stream: false });
  expect(openai.chat.ask(told, 0).body).toBe(told.ask.sent);
  expect(openai.chat.ask(told, 0).url).toBe(`${harbour.url}/chat/completions`);
});

test("asks for the usage of every stream, and changes nothing else", () => {
  const body = JSON.parse(
    Buffer.from(sent({ ...question, stream: true }, { includeUsage: false }).body as Uint8Array).toString(),
  );
  expect(body).toEqual({ ...question, stream: true, stream_options: { include_usage: true } });
  const asked = { ...question, stream: true, stream_options: { include_usage: true } };
  const told = tellingFor(openai, asked);
  expect(openai.chat.ask(told, 0).body).toBe(told.ask.sent);
});

test("passes bytes where nothing has to be put right", () => {
  expect(openai.chat.passes!(tellingFor(openai, question))).toBe(true);
  expect(openai.chat.passes!(tellingFor(openai, { ...question, tools: [] }))).toBe(true);
  expect(openai.chat.passes!(tellingFor(openai, { ...question, tools }))).toBe(false);
  expect(openai.chat.passes!(tellingFor(openai, question, { model: "Tide-One" }))).toBe(false);
});

test("lets an event by untouched where tools may be called and none is", () => {
  const said = JSON.stringify({ ...chunk({ content: "Hi" }), odd: "kept" });
  const told = tellingFor(openai, { ...question, tools });
  const answer = [chunk({ role: "assistant", content: "a" }), said, chunk({}, "stop"), "[DONE]", said];
  const seen = toldOf(openai, told, ...answer).map(({ data }) => data);
  expect(seen).toHaveLength(3);
  expect(seen[1]).toBe(said);
});

test("tells every chunk under the name that was asked for", () => {
  const told = tellingFor(openai, question, { model: "Tide-One" });
  const odd = { id: "1", choices: [{ index: 0, delta: { content: "b" } }] };
  const events = toldOf(openai, told, chunk({ content: "a" }), odd, chunk({}, "stop"));
  const chunks: ChatChunk[] = events.map(({ data }) => JSON.parse(data));
  expect(chunks.map(({ model }) => model)).toEqual(["Tide-One", "Tide-One", "Tide-One"]);
  expect(chunks.map(({ choices }) => choices[0]!.finish_reason)).toEqual([null, null, "stop"]);
});

test("keeps the answers of several choices apart", () => {
  const told = tellingFor(openai, { ...question, tools, n: 2 });
  const call = (index: number, id: string) => ({
    ...chunk({}),
    choices: [
      { index, delta: { tool_calls: [{ id, function: { name: "get_tide", arguments: "{}" } }] }, finish_reason: null },
    ],
  });
  const calls = toldOf(openai, told, call(0, "a"), call(1, "b"), call(1, "c")).map(({ data }) => {
    const [choice] = (JSON.parse(data) as ChatChunk).choices;
    return [choice!.index, choice!.delta.tool_calls![0]!.index, choice!.delta.tool_calls![0]!.id];
  });
  expect(calls).toEqual([
    [0, 0, "a"],
    [1, 0, "b"],
    [1, 1, "c"],
  ]);
});

test("gives a whole answer back as the very same text where nothing is wrong with it", async () => {
  const text = '{"choices": [{"message": {"content": "a < b"}, "finish_reason": "stop"}]}';
  expect(await openai.chat.completion(text, tellingFor(openai, question))).toBe(text);
});
