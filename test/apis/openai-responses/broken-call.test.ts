import { expect, test } from "bun:test";
import { createResponses } from "~/apis/openai-responses/index.ts";
import { createMemory } from "~/apis/openai-responses/memory.ts";
import { toGatewayError } from "~/errors.ts";
import type { Piece } from "~/wire/sink.ts";
import { parseEvent } from "~/wire/sse.ts";
import { holdClock } from "../../helpers/clock.ts";

test("where a call's arguments break, everything before it is said, and the error carries on its numbers", () => {
  const api = createResponses(createMemory(holdClock()));
  const defaults = { model: "glm-4.7", stream: true, thinkMode: "reasoning" as const };
  const ask = api.read(JSON.stringify({ input: "x" }), new Headers(), defaults, 1);
  let text = "";
  const add = (piece: Piece) => {
    text += piece;
  };
  const teller = api.translation!.tell({ say: add, end: add }, ask, { id: "chatcmpl-req_tide", created: 1 });
  const chunk = (delta: object, finish_reason: string | null = null) =>
    teller.take({ data: JSON.stringify({ id: "1", choices: [{ index: 0, delta, finish_reason }] }) });
  const call = (index: number, json: string) => ({
    index,
    id: `call_${index}`,
    function: { name: "f", arguments: json },
  });
  chunk({ content: "Let me see." });
  chunk({ tool_calls: [call(0, "{}"), call(1, '{"port":')] });
  chunk({}, "tool_calls");
  try {
    teller.end();
    throw new Error("it ended");
  } catch (thrown) {
    const error = toGatewayError(thrown);
    expect(error.kind).toBe("upstream_error");
    teller.breakOff!(error);
    text += api.failure.event(error);
  }
  const events = text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => JSON.parse(parseEvent(block)!.data) as { type: string; sequence_number: number });
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
  expect(events.map(({ type }) => type)).toContain("response.function_call_arguments.done");
  expect(events.at(-1)!.type).toBe("response.failed");
});
