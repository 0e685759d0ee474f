import type { FinishReason, Usage } from "~/chat/chat.ts";
import { houseFinish } from "~/chat/finish.ts";

/** Why a message ended, in Anthropic's words. */
export function stopReason(finish: string | null, hasCalls: boolean): string {
  // Some upstreams end with `stop` behind a call; a client that is told `end_turn` would not run its tool.
  if (hasCalls && (finish === "stop" || finish === null)) return "tool_use";
  if (finish === null) return "end_turn";
  return isStopReason(finish) ? finish : reasons[houseFinish(finish)];
}

/** https://docs.anthropic.com/en/api/handling-stop-reasons */
export const isStopReason = (reason: string): boolean => known.has(reason);

const known = new Set([
  ...["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"],
  ...["model_context_window_exceeded", "compaction"],
]);

const reasons: Record<FinishReason, string> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  // Old functions have no block here.
  function_call: "end_turn",
  content_filter: "refusal",
};

/** Tokens as Anthropic counts them: what the cache gave stands beside the rest of the prompt, not inside it. */
export function messageUsage(usage: Usage | null | undefined): Record<string, unknown> {
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    input_tokens: Math.max(0, (usage?.prompt_tokens ?? 0) - cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: usage?.completion_tokens ?? 0,
    ...(usage?.estimated === true && { estimated: true }),
  };
}
