import type { FinishReason } from "~/chat/chat.ts";
import { houseFinish } from "~/chat/finish.ts";
import { GatewayError } from "~/errors.ts";

/** An upstream's reason for stopping in the house language; null where it gives none. Throws for one that is a failure. */
export function finishReason(reason: string | null | undefined, upstream: string): FinishReason | null {
  if (reason === null || reason === undefined || reason === "") return null;
  if (isFailure(reason)) throw lost(reason, upstream);
  return houseFinish(reason);
}

/** How an answer came to its end. */
export interface End {
  /** In the words of its upstream; null where it gave none. */
  reason: string | null;
  hasCalls: boolean;
  /** Whether the client takes nothing but a call for an answer. */
  mustCall: boolean;
}

/**
 * What is wrong with an answer that ends so, which is then never passed on as one; null where nothing is. Besides the
 * failures: a finish that announces calls (`tool_calls`, or `tool_use` in Anthropic's words) behind no call at all, and
 * words where `tool_choice` demands a call.
 */
export function wrongEnd({ reason, hasCalls, mustCall }: End, upstream: string): GatewayError | null {
  if (reason === null) return null;
  if (isFailure(reason)) return lost(reason, upstream);
  if (hasCalls) return null;
  if (reason === "tool_calls" || reason === "tool_use") {
    return new GatewayError("upstream_incomplete", `The upstream ${upstream} announced a tool call and sent none`);
  }
  return mustCall && ofWords.has(reason) ? wordsInsteadOfCall(upstream) : null;
}

/** A call was demanded, and none is made up in the model's place. */
export function wordsInsteadOfCall(upstream: string): GatewayError {
  return new GatewayError(
    "upstream_error",
    `The upstream ${upstream}'s model answered in words, though 'tool_choice' demands a call`,
    { upstreamCode: "call_not_made" },
  );
}

/** How an answer that is all there ends in each API; one that was cut short may have been about to call. */
const ofWords = new Set(["stop", "end_turn", "stop_sequence", "completed"]);

/** Reasons that mean the model was lost: Z.ai's, DeepSeek's, vLLM's, and that of routers in between. */
const failures = new Set(["network_error", "insufficient_system_resource", "abort", "error"]);

const isFailure = (reason: string): boolean => failures.has(reason.toLowerCase());

function lost(reason: string, upstream: string): GatewayError {
  return new GatewayError("upstream_error", `The upstream ${upstream} lost the model in mid-answer`, {
    upstreamCode: reason,
  });
}
