import type { Usage } from "~/chat/chat.ts";

/** Why a message ended, in Anthropic's words. */
export function stopReason(finish: string | null, hasCalls: boolean): string {
  // Some upstreams end with `stop` behind a call; a client that is told `end_turn` would not run its tool.
  if (hasCalls && (finish === "stop" || finish === null)) return "tool_use";
  return reasons.get(finish ?? "stop") ?? "end_turn";
}

// Upstreams have further reasons than the house language; a message without any reason is one that SDKs take for broken.
const reasons = new Map([
  ["stop", "end_turn"],
  ["length", "max_tokens"],
  ["model_context_window_exceeded", "model_context_window_exceeded"],
  ["tool_calls", "tool_use"],
  ["content_filter", "refusal"],
  ["sensitive", "refusal"],
]);

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
