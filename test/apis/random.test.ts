import { expect, test } from "bun:test";
import { createMessages } from "~/apis/anthropic-messages/index.ts";
import { createResponses } from "~/apis/openai-responses/index.ts";
import { createMemory } from "~/apis/openai-responses/memory.ts";
import type { ChatDelta } from "~/chat/chat.ts";
import type { Piece } from "~/wire/sink.ts";
import { parseEvent, type SseEvent } from "~/wire/sse.ts";
import { holdClock } from "../helpers/clock.ts";

const rounds = 300;
const apis = { messages: createMessages(), responses: createResponses(createMemory(holdClock())) };
const questions = {
  messages: { max_tokens: 9, messages: [{ role: "user", content: "x" }], thinking: { type: "adaptive" } },
  responses: { input: "x" },
};

interface MessageEvent {
  type: string;
  index: number;
  content_block: { type: string; id?: string };
  delta: { text?: string; thinking?: string; partial_json?: string };
}

test("Messages open one block at a time, and lose, double and move no character", async () => {
  for (let seed = 1; seed <= rounds; seed++) {
    const said = improvise(seed);
    const blocks: { type: string; id: string; words: string }[] = [];
    let isOpen = false;
    let last = "";
    for (const { type, index, content_block: block, delta } of await tell<MessageEvent>("messages", said.deltas)) {
      expect(last).not.toBe("message_stop");
      last = type;
      if (type === "content_block_start") {
        expect({ seed, isOpen, index }).toEqual({ seed, isOpen: false, index: blocks.length });
        blocks.push({ type: block.type, id: block.id ?? "", words: "" });
        isOpen = true;
      } else if (type === "content_block_delta") {
        expect({ seed, isOpen, index }).toEqual({ seed, isOpen: true, index: blocks.length - 1 });
        blocks.at(-1)!.words += delta.text ?? delta.thinking ?? delta.partial_json;
      } else if (type === "content_block_stop") {
        expect(index).toBe(blocks.length - 1);
        isOpen = false;
      }
    }
    const wordsOf = (type: string) => blocks.map((block) => (block.type === type ? block.words : "")).join("");
    const calls = blocks
      .filter(({ type }) => type === "tool_use")
      .map(({ id, words }): [string, string] => [id, words]);
    expect({ seed, isOpen, last }).toEqual({ seed, isOpen: false, last: "message_stop" });
    expect({ seed, content: wordsOf("text"), thinking: wordsOf("thinking"), calls }).toEqual({ seed, ...said.words });
  }
});

interface Item {
  type: string;
  call_id: string;
  arguments?: string;
  content?: { text: string }[];
  summary?: { text: string }[];
}

interface ResponseEvent {
  type: string;
  sequence_number: number;
  output_index: number;
  delta: string;
  item: Item;
  response: { output: Item[] };
}

test("Responses count their events, and each item is what its deltas said", async () => {
  for (let seed = 1; seed <= rounds; seed++) {
    const said = improvise(seed);
    const events = await tell<ResponseEvent>("responses", said.deltas);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i));
    const told: string[] = [];
    const done: Item[] = [];
    for (const { type, output_index: at, delta, item } of events) {
      if (type.endsWith(".delta")) {
        expect(done[at]).toBeUndefined();
        told[at] = (told[at] ?? "") + delta;
      } else if (type === "response.output_item.done") done[at] = item;
    }
    const { output } = events.at(-1)!.response;
    expect(done).toEqual(output);
    expect(output.map(wordsIn)).toEqual(told);
    const all = (type: string) => output.filter((item) => item.type === type);
    const calls = all("function_call").map((item): [string, string] => [item.call_id, wordsIn(item)]);
    const wordsOf = (type: string) => all(type).map(wordsIn).join("");
    expect({ seed, content: wordsOf("message"), thinking: wordsOf("reasoning"), calls }).toEqual({
      seed,
      ...said.words,
    });
  }
});

function wordsIn({ arguments: json, content, summary }: Item): string {
  return json ?? content?.[0]?.text ?? summary?.[0]?.text ?? "";
}

/** Every event that an API makes of some deltas. */
async function tell<Event>(name: keyof typeof apis, deltas: ChatDelta[]): Promise<Event[]> {
  const api = apis[name];
  const asked = JSON.stringify(questions[name]);
  const ask = api.read(asked, new Headers(), { model: "glm-4.7", stream: true, thinkMode: "reasoning" }, 1);
  let text = "";
  const add = (piece: Piece) => {
    text += piece;
  };
  const teller = api.translation!.tell({ say: add, end: add }, ask, {
    id: "chatcmpl-req_tide",
    created: 1_758_000_000,
  });
  for (const chunk of chunks(deltas)) teller.take(chunk);
  teller.end();
  return text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => JSON.parse(parseEvent(block)!.data));
}

function* chunks(deltas: ChatDelta[]): Generator<SseEvent> {
  const frame = { id: "c1", object: "chat.completion.chunk", created: 1, model: "glm-4.7" };
  const chunk = (rest: object) => ({ data: JSON.stringify({ ...frame, ...rest }) });
  for (const delta of deltas) yield chunk({ choices: [{ index: 0, delta, finish_reason: null }] });
  yield chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  yield chunk({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } });
}

/** Words, thoughts and calls in any order, the pieces of several calls among each other, and what they come to. */
function improvise(seed: number) {
  const random = dice(seed);
  const words = { content: "", thinking: "", calls: [] as [id: string, json: string][] };
  const left: { index: number; pieces: string[] }[] = [];
  const deltas: ChatDelta[] = [{ role: "assistant", content: "" }];
  for (let step = random(24); step > 0; step--) {
    const text = Array.from({ length: 1 + random(4) }, () => scraps[random(scraps.length)]).join("");
    const choice = random(5);
    if (choice === 0) {
      words.thinking += text;
      deltas.push({ reasoning_content: text });
    } else if (choice === 1) {
      words.content += text;
      deltas.push({ content: text });
    } else if (choice === 2 && words.calls.length < 4) {
      const index = words.calls.length;
      const json = random(3) === 0 ? "" : JSON.stringify({ text, more: random(100) });
      words.calls.push([`call_${index}`, json || "{}"]);
      left.push({ index, pieces: json.match(/[\s\S]{1,7}/g) ?? [] });
      const called = { name: "get_tide", arguments: "" };
      deltas.push({ tool_calls: [{ index, id: `call_${index}`, type: "function", function: called }] });
    } else argueOne(left, deltas, random);
  }
  while (left.some(({ pieces }) => pieces.length > 0)) argueOne(left, deltas, random);
  return { deltas, words };
}

function argueOne(left: { index: number; pieces: string[] }[], deltas: ChatDelta[], random: (sides: number) => number) {
  const call = left[random(left.length)];
  const piece = call?.pieces.shift();
  if (call && piece !== undefined) deltas.push({ tool_calls: [{ index: call.index, function: { arguments: piece } }] });
}

const scraps = [
  "tide ",
  "潮水",
  "🌊",
  '"',
  "\\",
  "\n\n",
  "data: ",
  "</think>",
  "[DONE]",
  "\u2028",
  "é",
  "x".repeat(3000),
];

/** Numbers that look random, and are the same each time: mulberry32. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}
