import { expect, test } from "bun:test";
import { chat } from "~/apis/openai-chat/index.ts";

const defaults = { model: "glm-4.7", stream: false, thinkMode: "reasoning" as const };
const read = (body: object) => chat.read(JSON.stringify(body), new Headers(), defaults, 1);

test("takes the body of Responses where chat belongs, as Cursor's agent sends it", () => {
  const asked = read({
    model: "glm-4.7",
    stream: true,
    stream_options: { include_usage: true },
    input: [
      { role: "system", content: "You edit files." },
      { role: "user", content: [{ type: "input_text", text: "Fix it." }] },
      { type: "function_call", call_id: "c1", name: "read_file", arguments: '{"path":"a.ts"}' },
      { type: "function_call_output", call_id: "c1", output: "let a" },
    ],
    tools: [
      { type: "function", name: "read_file", parameters: { type: "object" } },
      { type: "custom", name: "apply_patch" },
    ],
  });
  expect(asked.body.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
  expect(asked.body.tools).toEqual([
    { type: "function", function: { name: "read_file", parameters: { type: "object" } } },
  ]);
  expect(asked).toMatchObject({ stream: true, includeUsage: true });
  expect(asked.sent).toBeNull();
});

test("names what is wrong in such a body", () => {
  expect(() => read({ input: [7] })).toThrow(expect.objectContaining({ param: "input[0]" }));
  expect(() => read({ input: [] })).toThrow(expect.objectContaining({ param: "input" }));
  expect(() => read({})).toThrow(expect.objectContaining({ param: "messages" }));
});
