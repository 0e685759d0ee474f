import { cut } from "~/chat/chunk.ts";
import type { Tokens } from "~/chat/usage.ts";
import { inBytes, usually } from "~/wire/marks.ts";
import { parseSaid } from "~/wire/said.ts";
import type { OwnWords } from "../api.ts";
import { nothing } from "../glimpse.ts";
import { isObject } from "../json.ts";
import { writeMessageEvent } from "./events.ts";
import { isStopReason, stopReason } from "./stop.ts";

const marked = (type: string): string[] => usually("type", `"${type}"`);

/** Reads along in a stream of Anthropic's events. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
export const own: OwnWords = {
  // Inside a JSON string these marks would be escaped, so nothing that a model writes can look like them.
  notable: /"type"\s*:\s*"(message_start|message_delta|message_stop|error|(server_|mcp_)?tool_use)"/,
  marks: inBytes(
    ...["message_start", "message_delta", "message_stop"].flatMap(marked),
    ...["error", "tool_use", "server_tool_use", "mcp_tool_use"].flatMap(marked),
  ),

  final: writeMessageEvent({ type: "message_stop" }),

  glimpse({ data }) {
    const event: unknown = data.startsWith("{") ? parseSaid(data) : null;
    if (!isObject(event)) return null;
    switch (event.type) {
      case "message_start":
        return { ...nothing, tokens: isObject(event.message) ? readTokens(event.message.usage) : null };
      case "content_block_delta":
        return { ...nothing, saysSomething: true };
      case "content_block_start":
        return { ...nothing, saysSomething: isCall(event.content_block), hasCalls: isCall(event.content_block) };
      case "message_delta":
        return { ...nothing, ...ending(event.delta), tokens: readTokens(event.usage) };
      case "message_stop":
        return { ...nothing, isFinal: true };
      case "error":
        return { ...nothing, isError: true };
      default:
        return nothing;
    }
  },

  glimpseWhole(text) {
    const message = parseSaid(text);
    if (!isObject(message)) return null;
    return {
      ...nothing,
      ...ending(message),
      hasCalls: Array.isArray(message.content) && message.content.some(isCall),
      tokens: readTokens(message.usage),
      isError: message.type === "error" || message.error !== undefined,
    };
  },

  mend(said) {
    const event = parseSaid(said);
    if (!isObject(event)) return null;
    const { delta } = event;
    const ended = isObject(delta) ? delta : event;
    const { stop_reason: reason } = ended;
    if (typeof reason !== "string" || isStopReason(reason)) return null;
    const known = { ...ended, stop_reason: stopReason(reason, false) };
    return JSON.stringify(ended === event ? known : { ...event, delta: known });
  },

  split(data) {
    const event = parseSaid(data);
    if (!isObject(event)) return null;
    if (event.type === "content_block_delta" && isObject(event.delta)) return splitDelta(event, event.delta);
    return event.type === "content_block_start" && isObject(event.content_block)
      ? splitStart(event, event.content_block)
      : null;
  },
};

function splitDelta(event: Record<string, unknown>, delta: Record<string, unknown>): string | null {
  const field = ["text", "thinking", "partial_json"].find((name) => typeof delta[name] === "string");
  if (field === undefined) return null;
  return cut(delta[field] as string)
    .map((piece) => writeMessageEvent({ ...event, type: "content_block_delta", delta: { ...delta, [field]: piece } }))
    .join("");
}

/** A block that begins with its words: it begins without them, and they follow. */
function splitStart(event: Record<string, unknown>, block: Record<string, unknown>): string | null {
  const field = ["text", "thinking"].find((name) => typeof block[name] === "string" && block[name] !== "");
  if (field === undefined) return null;
  const start = { ...event, type: "content_block_start", content_block: { ...block, [field]: "" } };
  return (
    writeMessageEvent(start) + splitDelta({ index: event.index }, { type: `${field}_delta`, [field]: block[field] })
  );
}

const isCall = (block: unknown): boolean => isObject(block) && `${block.type}`.endsWith("tool_use");

function ending(said: unknown): { isFinished: boolean; finish: string | null } {
  const finish = isObject(said) && typeof said.stop_reason === "string" ? said.stop_reason : null;
  return { isFinished: finish !== null, finish };
}

/** What an event says of the tokens; Anthropic counts what the cache gave beside the rest of the prompt. */
function readTokens(usage: unknown): Partial<Tokens> | null {
  if (!isObject(usage)) return null;
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = usage;
  const tokens: Partial<Tokens> = {};
  if (typeof input_tokens === "number") {
    tokens.cached = count(cache_read_input_tokens);
    tokens.in = count(input_tokens) + tokens.cached + count(cache_creation_input_tokens);
  }
  if (typeof output_tokens === "number") tokens.out = count(output_tokens);
  return tokens;
}

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.round(value) : 0);
