import { describe, expect, test } from "bun:test";
import type { ChatChunk, ThinkMode } from "~/chat/chat.ts";
import { showMessageThinking, showThinking } from "~/chat/think.ts";

const chunk = (delta: object, finish_reason: string | null = null, index = 0): object => ({
  id: "1",
  choices: [{ index, delta, finish_reason }],
});

/** What is shown of an answer, which breaks off where `isBroken`. */
function shown(mode: Exclude<ThinkMode, "reasoning">, chunks: object[], isBroken = false) {
  const contents: string[] = [];
  let hasEnded = false;
  const step = showThinking(
    {
      take({ data }) {
        const { choices } = JSON.parse(data) as ChatChunk;
        expect(choices[0]?.delta.reasoning_content).toBeUndefined();
        if (choices[0]?.delta.content) contents.push(choices[0].delta.content);
      },
      end: () => {
        hasEnded = true;
      },
    },
    mode,
  );
  for (const one of chunks) step.take({ data: JSON.stringify(one) });
  if (isBroken) step.breakOff();
  else step.end();
  expect(hasEnded).toBe(!isBroken);
  return contents;
}

const answer = [
  chunk({ role: "assistant", reasoning_content: "The user adds 7" }),
  chunk({ reasoning_content: " and 5.\n7 + 5 = 12" }),
  chunk({ reasoning_content: "." }),
  chunk({ content: "The" }),
  chunk({ content: " sum is **12**." }),
  chunk({}, "stop"),
];
const thinking = "The user adds 7 and 5.\n7 + 5 = 12.";
const words = "The sum is **12**.";

const modes: Record<Exclude<ThinkMode, "reasoning">, string> = {
  think: `<think>\n${thinking}\n</think>\n\n${words}`,
  pure: `> The user adds 7 and 5.\n> 7 + 5 = 12.\n\n${words}`,
  raw: `<details type="reasoning" done="true">\n<summary>Thinking…</summary>\n> The user adds 7 and 5.\n> 7 + 5 = 12.\n</details>\n${words}`,
  strip: `${thinking}\n\n${words}`,
  hide: words,
};

for (const [mode, text] of Object.entries(modes) as [Exclude<ThinkMode, "reasoning">, string][]) {
  describe(`mode ${mode}`, () => {
    test("is the same streamed and whole", () => {
      expect(shown(mode, answer).join("")).toBe(text);
      const message = { role: "assistant", reasoning_content: thinking, content: words };
      expect(showMessageThinking(message, mode)).toEqual({ role: "assistant", content: text });
    });

    test("adds nothing where nothing was thought", () => {
      const plain = [chunk({ role: "assistant" }), chunk({ content: "Yes" }), chunk({}, "stop")];
      expect(shown(mode, plain)).toEqual(["Yes"]);
      expect(showMessageThinking({ content: "Yes", reasoning_content: "" }, mode)).toEqual({ content: "Yes" });
    });

    test("closes what it opened, when the answer is nothing but thinking or a call", () => {
      const end = text.slice(0, -words.length).trimEnd();
      for (const last of [chunk({}, "stop"), chunk({ tool_calls: [{ index: 0 }] })]) {
        expect(
          shown(mode, [...answer.slice(0, 3), last])
            .join("")
            .trimEnd(),
        ).toBe(end);
      }
    });

    test("closes what it opened, when the answer breaks", () => {
      const said = shown(mode, answer.slice(0, 3), true);
      expect(said.join("")).toBe(text.slice(0, -words.length).trimEnd());
    });
  });
}

test("keeps the thinking of several choices apart", () => {
  const chunks = [
    chunk({ reasoning_content: "a" }, null, 0),
    chunk({ reasoning_content: "b" }, null, 1),
    chunk({ content: "A" }, null, 0),
    chunk({ content: "B" }, null, 1),
  ];
  expect(shown("think", chunks)).toEqual(["<think>\na", "<think>\nb", "\n</think>\n\nA", "\n</think>\n\nB"]);
});

test("leaves a message as it is in mode reasoning", () => {
  const message = { content: "a", reasoning_content: "b" };
  expect(showMessageThinking(message, "reasoning")).toBe(message);
});
