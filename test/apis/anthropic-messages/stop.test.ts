import { expect, test } from "bun:test";
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
