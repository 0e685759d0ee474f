import { expect, test } from "bun:test";
import type { ChatChunk, ChatCompletion, ChatDelta, ToolCall } from "~/chat/chat.ts";
import { maxLineChars, parseChunk, splitChunk } from "~/chat/chunk.ts";
import { collect } from "~/chat/collect.ts";
import { GatewayError } from "~/errors.ts";

const chunk = (delta: ChatDelta, more: object = {}): ChatChunk => ({
  id: "1",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

function collected(chunks: ChatChunk[]): ChatCompletion | null {
  const made: (ChatCompletion | null)[] = [];
  const collector = collect((completion) => made.push(completion));
  for (const one of chunks) collector.take({ data: JSON.stringify(one) });
  collector.end();
  return made[0]!;
}

const longTexts = ["a".repeat(100_000), "潮🌊".repeat(20_000), `${"x".repeat(2_499)}🌊${"\u0001".repeat(30_000)}`];

for (const field of ["content", "reasoning_content"] as const) {
  test(`cuts long ${field} into lines that clients can take, and says the same`, () => {
    for (const text of longTexts) {
      const pieces = splitChunk(chunk({ role: "assistant", [field]: text }, { finish_reason: "stop" }));
      expect(pieces.map(({ choices }) => choices[0]!.delta[field]).join("")).toBe(text);
      for (const piece of pieces) {
        expect(Buffer.byteLength(JSON.stringify(piece))).toBeLessThan(64 * 1024);
        expect(JSON.stringify(piece).length).toBeLessThan(maxLineChars);
        expect(`${piece.choices[0]!.delta[field]}`.isWellFormed()).toBe(true);
      }
      expect(pieces.filter(({ choices }) => choices[0]!.delta.role)).toHaveLength(1);
      expect(pieces.map(({ choices }) => choices[0]!.finish_reason).filter(Boolean)).toEqual(["stop"]);
      expect(pieces.at(-1)!.choices[0]!.finish_reason).toBe("stop");
    }
  });
}

test("cuts long arguments of a call, and names the call once", async () => {
  const text = JSON.stringify({ text: longTexts[1] });
  const call: ToolCall = { index: 2, id: "call_1", type: "function", function: { name: "write", arguments: text } };
  const pieces = splitChunk(chunk({ tool_calls: [call] }));
  const fragments = pieces.flatMap(({ choices }) => choices[0]!.delta.tool_calls!);
  expect(fragments.map((one) => one.function!.arguments).join("")).toBe(text);
  expect(fragments.filter((one) => one.id || one.function!.name || one.type)).toHaveLength(1);
  expect(new Set(fragments.map(({ index }) => index))).toEqual(new Set([2]));
  for (const piece of pieces) expect(Buffer.byteLength(JSON.stringify(piece))).toBeLessThan(64 * 1024);
});

test("cuts several long things in one chunk, each of them", () => {
  const text = longTexts[1]!;
  const calls = [0, 1].map((index) => ({
    index,
    id: `call_${index}`,
    type: "function" as const,
    function: { name: "write", arguments: JSON.stringify({ text }) },
  }));
  const delta = { role: "assistant", content: text, reasoning_content: text, tool_calls: calls };
  const one = chunk(delta, { finish_reason: "tool_calls" });
  const pieces = splitChunk({ ...one, choices: [...one.choices, { ...one.choices[0]!, index: 1 }] });
  for (const piece of pieces) expect(Buffer.byteLength(JSON.stringify(piece))).toBeLessThan(65_000);
  for (const index of [0, 1]) {
    const own = pieces.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
    const said = (name: "content" | "reasoning_content") => own.map((choice) => choice.delta[name] ?? "").join("");
    expect([said("content"), said("reasoning_content")]).toEqual([text, text]);
    const fragments = own.flatMap((choice) => choice.delta.tool_calls ?? []);
    for (const call of calls) {
      const parts = fragments.filter((fragment) => fragment.index === call.index);
      expect(parts.map((part) => part.function!.arguments).join("")).toBe(call.function.arguments);
      expect(parts.flatMap(({ id }) => id ?? [])).toEqual([call.id]);
    }
    expect(own.map(({ finish_reason }) => finish_reason).filter(Boolean)).toEqual(["tool_calls"]);
    expect(own.at(-1)!.finish_reason).toBe("tool_calls");
  }
});

test("puts many calls of one chunk into lines of their own, however short each is", () => {
  const one = (index: number): ToolCall => ({
    index,
    id: `call_${index}`,
    type: "function",
    function: { name: "write", arguments: JSON.stringify({ text: "x".repeat(2_000) }) },
  });
  const calls = Array.from({ length: 50 }, (_, index) => one(index));
  const pieces = splitChunk(chunk({ tool_calls: calls }));
  expect(pieces.flatMap(({ choices }) => choices[0]!.delta.tool_calls!)).toEqual(calls);
});

test("leaves out what no client knows where it alone makes a line too long", () => {
  const pad = "x".repeat(1 << 20);
  expect(splitChunk({ type: "padding", pad } as unknown as ChatChunk)).toEqual([]);
  const [piece, ...others] = splitChunk({ ...chunk({ content: "a", pad }), pad });
  expect(others).toEqual([]);
  expect(JSON.parse(JSON.stringify(piece!))).toEqual(chunk({ content: "a" }));
  const fine = chunk({ content: "a", pad: "x".repeat(30_000) });
  expect(splitChunk(fine)).toEqual([fine]);
});

test("leaves short ones alone", () => {
  const short = chunk({ content: "a" });
  expect(splitChunk(short)).toEqual([short]);
  const usage = { ...short, choices: [] };
  expect(splitChunk(usage)).toEqual([usage]);
});

test("reads chunks, passes over marks, and takes half a chunk for a failure", () => {
  expect(parseChunk('{"id":"1"}')).toEqual({ id: "1" } as ChatChunk);
  expect([parseChunk("[DONE]"), parseChunk(""), parseChunk("ping")]).toEqual([null, null, null]);
  expect(() => parseChunk('{"id":')).toThrow(GatewayError);
});

test("collects a stream into the answer that it would have been", async () => {
  const call = (index: number, fields: ToolCall): ChatDelta => ({ tool_calls: [{ index, ...fields }] });
  const completion = collected([
    chunk({ role: "assistant", content: "" }),
    chunk({ reasoning_content: "Let me " }),
    chunk({ reasoning_content: "see." }),
    chunk({ content: "One " }),
    chunk({ content: "two", annotations: [1] }),
    chunk(call(1, { id: "b", type: "function", function: { name: "moon", arguments: "{}" } })),
    chunk(call(0, { id: "a", type: "function", function: { name: "tide", arguments: '{"p"' } })),
    chunk(call(0, { function: { arguments: ":1}" } })),
    chunk({}, { finish_reason: "tool_calls" }),
    { ...chunk({}), choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
  ]);
  expect(completion).toEqual({
    id: "1",
    created: 1,
    model: "m",
    object: "chat.completion",
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    choices: [
      {
        index: 0,
        logprobs: null,
        finish_reason: "tool_calls",
        message: {
          role: "assistant",
          content: "One two",
          refusal: null,
          reasoning_content: "Let me see.",
          annotations: [1],
          tool_calls: [
            { id: "a", type: "function", function: { name: "tide", arguments: '{"p":1}' } },
            { id: "b", type: "function", function: { name: "moon", arguments: "{}" } },
          ],
        },
      },
    ],
  });
});

test("collects nothing from nothing, and no content from no words", async () => {
  expect(collected([])).toBeNull();
  const silent = collected([chunk({ role: "assistant" }, { finish_reason: "stop" })]);
  expect(silent!.choices[0]!.message.content).toBeNull();
});
