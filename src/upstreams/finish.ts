import type { FinishReason } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";

/** An upstream's reason for stopping in the house language; null where it gives none. Throws for one that is a failure. */
export function finishReason(reason: string | null | undefined, upstream: string): FinishReason | null {
  if (reason === null || reason === undefined || reason === "") return null;
  if (failures.has(reason)) throw lost(reason, upstream);
  return reasons.get(reason) ?? "stop";
}

/**
 * What is wrong with an answer that ends so, which is then never passed on as one; null where nothing is. Besides the
 * failures: a finish that announces calls (`tool_calls`, or `tool_use` in Anthropic's words) behind no call at all.
 */
export function wrongEnd(reason: string | null, hasCalls: boolean, upstream: string): GatewayError | null {
  if (reason === null) return null;
  if (failures.has(reason)) return lost(reason, upstream);
  if (hasCalls || (reason !== "tool_calls" && reason !== "tool_use")) return null;
  return new GatewayError("upstream_incomplete", `The upstream ${upstream} announced a tool call and sent none`);
}

/** Reasons that mean the model was lost: Z.ai's, DeepSeek's, vLLM's, and that of routers in between. */
const failures = new Set(["network_error", "insufficient_system_resource", "abort", "error"]);

const reasons = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "function_call"],
  ["sensitive", "content_filter"],
  ["content_filter", "content_filter"],
]);

function lost(reason: string, upstream: string): GatewayError {
  return new GatewayError("upstream_error", `The upstream ${upstream} lost the model in mid-answer`, {
    upstreamCode: reason,
  });
}
