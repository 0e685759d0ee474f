import { cut } from "~/chat/chunk.ts";
import type { Tokens } from "~/chat/usage.ts";
import { inBytes, usually } from "~/wire/marks.ts";
import { parseSaid } from "~/wire/said.ts";
import { writeEvent } from "~/wire/sse.ts";
import type { OwnWords } from "../api.ts";
import { nothing } from "../glimpse.ts";
import { isObject } from "../json.ts";
import { noteBreak } from "./failure.ts";

/** Reads along in a stream of OpenAI's typed events. */
export const own: OwnWords = {
  // Inside a JSON string these marks would be escaped, so nothing that a model writes can look like them.
  notable: /"type"\s*:\s*"(response\.(completed|incomplete|failed)|error)"/,
  marks: inBytes(
    ...["response.completed", "response.incomplete", "response.failed", "error"].flatMap((type) =>
      usually("type", `"${type}"`),
    ),
  ),

  // An answer without its last event is not whole: that event alone says how it ended.
  final: "",

  glimpse({ data }) {
    const event: unknown = data.startsWith("{") ? parseSaid(data) : null;
    if (!isObject(event) || typeof event.type !== "string") return null;
    const response = isObject(event.response) ? event.response : {};
    switch (event.type) {
      case "response.completed":
      case "response.incomplete":
        return { ...nothing, ...ending(response), isFinished: true, isFinal: true };
      case "response.failed":
      case "error":
        return { ...nothing, isError: true };
      default:
        return { ...nothing, saysSomething: event.type.endsWith(".delta") };
    }
  },

  glimpseWhole(text) {
    const response = parseSaid(text);
    if (!isObject(response)) return null;
    const isFinished = response.status === "completed" || response.status === "incomplete";
    return { ...nothing, ...ending(response), isFinished, isError: isObject(response.error) };
  },

  // As above: none of these can stand in what a model writes.
  breakOff(error, { first, last }, model) {
    const id = /"id"\s*:\s*"(?:resp_)?([^"]+)"/.exec(first)?.[1] ?? "";
    const created = Number(/"created_at"\s*:\s*(\d+)/.exec(first)?.[1] ?? 0);
    const number = [...last.matchAll(/"sequence_number"\s*:\s*(\d+)/g)].at(-1)?.[1];
    noteBreak(error, { model, stamp: { id, created }, next: number === undefined ? 0 : Number(number) + 1 });
  },

  // The pieces share the number of the event that they were: those behind it keep theirs, and their bytes.
  split(data) {
    const event = parseSaid(data);
    if (!isObject(event) || typeof event.type !== "string" || typeof event.delta !== "string") return null;
    const { type } = event;
    return cut(event.delta)
      .map((delta) => writeEvent({ event: type, data: JSON.stringify({ ...event, delta }) }))
      .join("");
  },
};

function ending({ status, output, usage }: Record<string, unknown>) {
  return {
    finish: typeof status === "string" ? status : null,
    hasCalls: Array.isArray(output) && output.some((item) => isObject(item) && `${item.type}`.endsWith("_call")),
    tokens: readTokens(usage),
  };
}

function readTokens(usage: unknown): Tokens | null {
  if (!isObject(usage) || typeof usage.output_tokens !== "number") return null;
  const { input_tokens, output_tokens, input_tokens_details: input, output_tokens_details: output } = usage;
  return {
    in: count(input_tokens),
    out: count(output_tokens),
    cached: isObject(input) ? count(input.cached_tokens) : 0,
    reasoning: isObject(output) ? count(output.reasoning_tokens) : 0,
  };
}

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.round(value) : 0);
