import { expect, test } from "bun:test";
import { own } from "~/apis/anthropic-messages/own.ts";
import { stopReason } from "~/apis/anthropic-messages/stop.ts";

test("a message always says why it ended, whatever its upstream calls that", () => {
  const told = {
    stop: "end_turn",
    length: "max_tokens",
    model_context_window_exceeded: "model_context_window_exceeded",
    content_filter: "refusal",
    sensitive: "refusal",
    function_call: "end_turn",
    "something new": "end_turn",
    constructor: "end_turn",
  };
  for (const [finish, reason] of Object.entries(told)) expect(stopReason(finish, false)).toBe(reason);
  expect(stopReason(null, false)).toBe("end_turn");
  expect(stopReason("tool_calls", true)).toBe("tool_use");
  expect(stopReason("stop", true)).toBe("tool_use");
});

test("a block that begins with more words than a line may hold begins without them, and they follow", () => {
  const text = "潮 é ".repeat(20_000);
  const block = { type: "text", text, citations: null };
  const events = own.split!(JSON.stringify({ type: "content_block_start", index: 3, content_block: block }))!
    .split("\n\n")
    .filter((event) => event !== "");
  const [first, ...deltas] = events.map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)));
  expect(first).toEqual({ type: "content_block_start", index: 3, content_block: { ...block, text: "" } });
  expect(deltas.map(({ delta }) => delta.text).join("")).toBe(text);
  for (const event of events) expect(Buffer.byteLength(event)).toBeLessThan(65_536);
  for (const { type, index } of deltas) expect([type, index]).toEqual(["content_block_delta", 3]);
  const whole = JSON.stringify({
    type: "content_block_start",
    index: 0,
    content_block: { type: "tool_use", input: {} },
  });
  expect(own.split!(whole)).toBeNull();
});
