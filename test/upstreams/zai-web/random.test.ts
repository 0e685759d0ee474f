import { expect, test } from "bun:test";
import { done, frames, plainQuestion, see, tell, telling, words } from "./telling.ts";

const opening = '<details type="reasoning" done="';

test("loses, doubles and moves no character of thousands of random answers, cut at random", async () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = randomFrom(seed);
    const thinking = text(random, 1 + random(30));
    const answer = text(random, random(30)).replace(/^\n+/, "");
    const said = thinking.replace(/\n+$/, "");

    const live = await see(tell(frames(...wrapped(thinking, answer, random)), streamed), streamed);
    expect([seed, words(live, "reasoning_content"), words(live, "content")]).toEqual([seed, said, answer]);
    expect(live.finish).toBe("stop");

    const late = await see(tell(frames(...wrapped(thinking, answer, random)), whole), whole);
    expect([seed, words(late, "reasoning_content"), words(late, "content")]).toEqual([seed, said, answer]);

    const bare = await see(tell(frames(...unwrapped(thinking, answer, random)), streamed), streamed);
    expect([seed, words(bare, "reasoning_content"), words(bare, "content")]).toEqual([seed, said, answer]);
  }
}, 60_000);

test("shows the thinking's own lines in mode raw, whatever they are and however they are cut", async () => {
  const told = telling(plainQuestion, { thinkMode: "raw" });
  for (let seed = 1; seed <= 1_000; seed++) {
    const random = randomFrom(seed);
    const thinking = `${text(random, random(30))}.`;
    const answer = `x${text(random, random(30))}`;
    const seen = await see(tell(frames(...wrapped(thinking, answer, random)), told), told);
    const lines = `${opening}false">\n<summary>Thinking…</summary>\n${quoted(thinking)}`;
    expect([seed, words(seen, "content")]).toEqual([seed, `${lines}\n</details>\n${answer}`]);
  }
});

test("finds every tool call between words, however the blocks are cut", async () => {
  const tools = [{ type: "function", function: { name: "get_tide" } }];
  const told = telling({ ...plainQuestion, tools });
  for (let seed = 1; seed <= 500; seed++) {
    const random = randomFrom(seed);
    const parts = [`A${text(random, random(8))}`, text(random, random(8)), text(random, random(8))];
    const calls = parts.slice(1).map((_, i) => ({ id: `call_${i}`, name: "get_tide", arguments: `{"port":${i}}` }));
    const blocks = calls.map((call) => JSON.stringify({ type: "mcp", data: { metadata: call } }));
    const document = parts.map((part, i) => `${part}${blocks[i] ? `\n\n<glm_block >${blocks[i]}</glm_block>` : ""}`);
    const whole = document.join("");
    const seen = await see(tell(frames(...deltas(whole, "answer", random), done), told), told);
    const kept = parts.map((part, i) => (blocks[i] ? part.replace(/\n+$/, "") : part)).join("");
    expect([seed, words(seen, "content")]).toEqual([seed, kept]);
    const found = seen.deltas.flatMap(({ tool_calls }) => tool_calls ?? []);
    expect(found).toEqual(calls.map(({ id, ...called }, index) => ({ index, id, type: "function", function: called })));
    expect(seen.finish).toBe("tool_calls");
  }
});

test("ends with the upstream's own document after any edits, when the client wants a whole answer", async () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const random = randomFrom(seed);
    let document: string[] = [];
    const edits: object[] = [];
    for (let i = random(12); i >= 0; i--) {
      const at = random(document.length + 3);
      const more = text(random, 1 + random(6));
      if (random(2) === 0) {
        edits.push({ delta_content: more, phase: "answer" });
        document.push(...more);
      } else {
        edits.push({ edit_index: at, edit_content: more, phase: "answer" });
        document = [...document.slice(0, at), ...more];
      }
    }
    const seen = await see(tell(frames(...edits, done), whole), whole);
    expect([seed, words(seen, "content")]).toEqual([seed, document.join("")]);
  }
});

const streamed = telling(plainQuestion);
const whole = telling(plainQuestion, { stream: false });

/** The thinking in its wrapper, closed by an edit that brings it all again. */
function wrapped(thinking: string, answer: string, random: Random): object[] {
  const start = `${opening}false">\n<summary>Thinking…</summary>\n${quoted(thinking)}`;
  const first = [...answer].slice(0, random(4)).join("");
  const closing = `true" duration="2">\n<summary>Thought for 2 seconds</summary>\n${quoted(thinking)}\n</details>\n`;
  return [
    ...deltas(start, "thinking", random),
    { edit_index: [...opening].length, edit_content: closing + first, phase: "answer" },
    ...deltas(answer.slice(first.length), "answer", random),
    done,
  ];
}

/** The same as newer builds send it. */
function unwrapped(thinking: string, answer: string, random: Random): object[] {
  return [...deltas(thinking, "thinking", random), ...deltas(answer, "answer", random), done];
}

/** An empty line is `> ` or `>`: builds differ. */
function quoted(thinking: string): string {
  const isShort = thinking.length % 2 === 0;
  const lines = thinking.split("\n").map((line) => (line === "" && isShort ? ">" : `> ${line}`));
  return lines.join("\n");
}

function deltas(whole: string, phase: string, random: Random): object[] {
  const characters = [...whole];
  const cut: object[] = [];
  while (characters.length > 0) cut.push({ delta_content: characters.splice(0, 1 + random(7)).join(""), phase });
  return cut;
}

const alphabet = [
  "a",
  "é",
  "海",
  "🐟",
  " ",
  "  ",
  "\n",
  "\n\n",
  ">",
  "> ",
  "<",
  "</",
  "</details>",
  "\n</det",
  '"',
  "\\",
];
const tricks = ["<glm_block", "<glm_", "</glm_block>", "<summary>", "<details", "{", 'true" ', "</think", "\u2028"];

function text(random: Random, length: number): string {
  const choices = [...alphabet, ...tricks];
  return Array.from({ length }, () => choices[random(choices.length)]).join("");
}

type Random = (below: number) => number;

/** mulberry32: the same numbers for the same seed, on every machine. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
