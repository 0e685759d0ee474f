import { expect, test } from "bun:test";
import { completeCalls, createCallOrder } from "~/chat/calls.ts";
import type { ToolCall } from "~/chat/chat.ts";

const call = (index: number | undefined, id?: string, name?: string, args?: unknown): ToolCall =>
  ({
    ...(index !== undefined && { index }),
    ...(id && { id }),
    function: { ...(name && { name }), arguments: args },
  }) as ToolCall;
const first = (index: number, id: string, name: string, args: string) => ({
  index,
  id,
  type: "function",
  function: { name, arguments: args },
});
const next = (index: number, args: string) => ({ index, function: { arguments: args } });

const stories: [says: string, fragments: ToolCall[], told: object[], missing?: object[]][] = [
  [
    "fragments as they should be",
    [call(0, "a", "tide", ""), call(0, "", "", '{"p":'), call(0, "", "", "1}"), call(1, "b", "moon", "{}")],
    [first(0, "a", "tide", ""), next(0, '{"p":'), next(0, "1}"), first(1, "b", "moon", "{}")],
  ],
  [
    "numbers left out",
    [call(undefined, "a", "tide", '{"p":'), call(undefined, "", "", "1}"), call(undefined, "b", "moon", "{}")],
    [first(0, "a", "tide", '{"p":'), next(0, "1}"), first(1, "b", "moon", "{}")],
  ],
  [
    "numbers left out, ids repeated",
    [call(undefined, "a", "tide", '{"p"'), call(undefined, "b", "moon", "{"), call(undefined, "a", "", ":1}")],
    [first(0, "a", "tide", '{"p"'), first(1, "b", "moon", "{"), next(0, ":1}")],
  ],
  [
    "two calls under one number",
    [call(0, "a", "tide", "{}"), call(0, "b", "tide", '{"p":1}'), call(0, "", "moon", "{}")],
    [first(0, "a", "tide", "{}"), first(1, "b", "tide", '{"p":1}'), first(2, "call_x_2", "moon", "{}")],
  ],
  [
    "the same function twice, without ids and numbers",
    [call(undefined, "", "tide", '{"p":1}'), call(undefined, "", "tide", '{"p":2}')],
    [first(0, "call_x_0", "tide", '{"p":1}'), first(1, "call_x_1", "tide", '{"p":2}')],
  ],
  [
    "names repeated and ids changed on the way",
    [call(0, "a", "tide", '{"p"'), call(0, "z", "tide", ":1"), call(0, "y", "", "}")],
    [first(0, "a", "tide", '{"p"'), next(0, ":1"), next(0, "}")],
  ],
  [
    "numbers that begin at one",
    [call(1, "a", "tide", "{}"), call(3, "b", "moon", "{}")],
    [first(0, "a", "tide", "{}"), first(1, "b", "moon", "{}")],
  ],
  ["arguments as an object", [call(0, "a", "tide", { p: 1 })], [first(0, "a", "tide", '{"p":1}')]],
  [
    "a name that comes late",
    [call(0, "a", "", '{"p"'), call(0, "", "tide", ":1}")],
    [first(0, "a", "tide", '{"p":1}')],
  ],
  [
    "no arguments at all",
    [call(0, "a", "tide", ""), call(1, "b", "moon", undefined)],
    [first(0, "a", "tide", ""), first(1, "b", "moon", "")],
    [next(0, "{}"), next(1, "{}")],
  ],
  ["a call without a name", [call(0, "a", "", "{}")], []],
];
for (const [says, fragments, told, missing = []] of stories) {
  test(`puts in order: ${says}`, () => {
    const order = createCallOrder("chatcmpl-x");
    expect(fragments.flatMap((fragment) => order.edit([fragment]))).toEqual(told as ToolCall[]);
    expect(order.complete()).toEqual(missing as ToolCall[]);
    const together = createCallOrder("chatcmpl-x");
    expect(together.edit(fragments)).toEqual(told as ToolCall[]);
  });
}

test("keeps fields that it does not know", () => {
  const [told] = createCallOrder("x").edit([{ ...call(0, "a", "tide", "{}"), extra: 1 }]);
  expect(told).toMatchObject({ extra: 1, index: 0 });
});

test("completes the calls of a whole message", () => {
  expect(completeCalls([call(0, "a", "tide", ""), call(1, "", "moon", { p: 1 }), call(2, "b")], "chatcmpl-x")).toEqual([
    { id: "a", type: "function", function: { name: "tide", arguments: "{}" } },
    { id: "call_x_1", type: "function", function: { name: "moon", arguments: '{"p":1}' } },
  ]);
  expect(completeCalls([], "x")).toBeUndefined();
  expect(completeCalls(null, "x")).toBeUndefined();
});
