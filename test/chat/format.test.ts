import { expect, test } from "bun:test";
import type { ChatAsk } from "~/chat/chat.ts";
import { bareJson, readFormat, withBody, withCorrection, withFormat } from "~/chat/format.ts";

const body = { model: "m", messages: [{ role: "user", content: "Hi" }], stream: false };
const ask = (response_format?: unknown): ChatAsk => {
  const asked = { ...body, response_format };
  const sent = JSON.stringify(asked);
  const rest = {
    own: null,
    untold: null,
    model: "m",
    stream: false,
    includeUsage: false,
    thinkMode: "reasoning" as const,
  };
  return { body: asked, sent, isLarge: false, ...rest, thinking: null, effort: null };
};
const schema = { type: "object" };
const json_schema = { type: "json_schema", json_schema: { name: "a", schema } };

test("enforces what the upstream does not know, and no more", () => {
  expect(readFormat(ask(json_schema), "schema")).toBeNull();
  expect(readFormat(ask(json_schema), "object")).toEqual({ schema, isGiven: true });
  expect(readFormat(ask(json_schema), "none")).toEqual({ schema, isGiven: true });
  expect(readFormat(ask({ type: "json_object" }), "object")).toBeNull();
  expect(readFormat(ask({ type: "json_object" }), "none")).toEqual({ schema, isGiven: false });
  for (const none of [undefined, null, { type: "text" }]) expect(readFormat(ask(none), "none")).toBeNull();
});

test("says the schema in the prompt, behind the client's own system message", () => {
  const format = readFormat(ask(json_schema), "object")!;
  const told = withFormat(ask(json_schema), format, "object");
  expect(told.body.messages.map(({ role }) => role)).toEqual(["system", "user"]);
  expect(told.body.messages[0]!.content).toContain('{"type":"object"}');
  expect(told.body.response_format).toEqual({ type: "json_object" });
  expect(told.sent).toBeNull();
  const own = withBody(ask(json_schema), { messages: [{ role: "developer", content: "Be brief." }, ...body.messages] });
  const both = withFormat(own, format, "none").body;
  expect(both.messages[0]).toMatchObject({
    role: "developer",
    content: expect.stringMatching(/^Be brief\.\n\nAnswer/),
  });
  expect(both.response_format).toBeUndefined();
});

test("asks again with what was wrong, and does not change the first question", () => {
  const first = ask(json_schema);
  const again = withCorrection(first, "x".repeat(60_000), "#/a: wrong");
  expect(again.body.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(`${again.body.messages[1]!.content}`.length).toBe(50_000);
  expect(again.body.messages[2]!.content).toContain("#/a: wrong");
  expect(first.body.messages).toEqual(body.messages);
});

const answers: [said: string, bare: string][] = [
  ['{"a":1}', '{"a":1}'],
  [' \n{"a":1}\n', '{"a":1}'],
  ['```json\n{"a":1}\n```', '{"a":1}'],
  ['```\n{"a":"```"}\n```\n', '{"a":"```"}'],
  ['<|begin_of_box|>{"a":1}<|end_of_box|>', '{"a":1}'],
  ["Here: {}", "Here: {}"],
];
for (const [said, bare] of answers) {
  test(`finds the JSON in ${JSON.stringify(said)}`, () => expect(bareJson(said)).toBe(bare));
}
