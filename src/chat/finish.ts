import type { FinishReason } from "./chat.ts";

/** Why an answer ended, in the house's words. An end that nobody here knows is one like any other. */
export function houseFinish(reason: string): FinishReason {
  return reasons.get(reason.toLowerCase()) ?? "stop";
}

const reasons = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["max_output_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_calls", "tool_calls"],
  ["tool_use", "tool_calls"],
  ["function_call", "function_call"],
  ["sensitive", "content_filter"],
  ["safety", "content_filter"],
  ["refusal", "content_filter"],
  ["content_filter", "content_filter"],
]);
