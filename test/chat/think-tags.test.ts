import { expect, test } from "bun:test";
import { createThinkTagSplitter, splitMessageThinking, splitThinking } from "~/chat/think-tags.ts";

function split(pieces: readonly string[], trusted = false) {
  const tags = createThinkTagSplitter();
  if (trusted) tags.trust();
  const said = [...pieces.map((piece) => tags.read(piece)), tags.end()];
  return [said.map(({ thinking }) => thinking).join(""), said.map(({ answer }) => answer).join("")];
}

const streamed: [text: string, thinking: string, answer: string][] = [
  ["<think>Let me see.</think>Yes.", "Let me see.", "Yes."],
  ["\n<think>\nLet me\n\nsee. <b>\n</think>\n\nYes.", "Let me\n\nsee. <b>", "Yes."],
  ["<think>\n\n</think>\n\nYes. </think>", "", "Yes. </think>"],
  ["<think>Let me", "Let me", ""],
  ["So it is.</think>\n\nYes </think>", "", "So it is.\n\nYes </think>"],
  ["</think>Yes", "", "Yes"],
  ["Write <think> and <b", "", "Write <think> and <b"],
  ["  a < b", "", "  a < b"],
  ["<thinking>", "", "<thinking>"],
  ["<thi", "", "<thi"],
  ["a </thin", "", "a </thin"],
  ["🌊 <think>", "", "🌊 <think>"],
  ["", "", ""],
];
for (const [text, thinking, answer] of streamed) {
  test(`splits ${JSON.stringify(text)}, however it is cut`, () => {
    expect(split([text])).toEqual([thinking, answer]);
    expect(split([...text])).toEqual([thinking, answer]);
    for (let at = 1; at < text.length; at++) {
      expect(split([text.slice(0, at), text.slice(at)])).toEqual([thinking, answer]);
    }
  });
}

test("takes tags for words where thinking came in its own field", () => {
  expect(split(["<think>a</think>", "b</think>"], true)).toEqual(["", "<think>a</think>b</think>"]);
  const tags = createThinkTagSplitter();
  splitThinking({ reasoning_content: "Hm." }, tags, false);
  const delta = { content: "<think>" };
  splitThinking(delta, tags, false);
  expect(delta).toEqual({ content: "<think>" });
});

test("edits a delta in place, and leaves out a piece of content without a word", () => {
  const tags = createThinkTagSplitter();
  const delta = { content: "<think>a</think>b" };
  splitThinking(delta, tags, false);
  expect(delta as object).toEqual({ reasoning_content: "a", content: "b" });
  const empty = { content: "" };
  splitThinking(empty, tags, true);
  expect(empty as object).toEqual({});
});

const whole: [content: string, thinking: string | undefined, answer: string][] = [
  ["<think>\na\n</think>\n\nb", "a", "b"],
  ["So it is.</think>\nYes </think>.", "So it is.", "Yes </think>."],
  ["<think>a", "a", ""],
  ["<think></think>b", undefined, "b"],
  ["a <think> b", undefined, "a <think> b"],
];
for (const [content, thinking, answer] of whole) {
  test(`splits the whole message ${JSON.stringify(content)}`, () => {
    const message = splitMessageThinking({ role: "assistant", content });
    expect(message.reasoning_content).toBe(thinking as string);
    expect(message.content).toBe(answer);
  });
}

test("leaves a message alone whose thinking came by itself", () => {
  const message = { content: "a</think>b", reasoning_content: "c" };
  expect(splitMessageThinking(message)).toBe(message);
});
