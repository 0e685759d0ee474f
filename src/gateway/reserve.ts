import type { ChatAsk, ChatRequest } from "~/chat/chat.ts";
import type { Verified } from "~/keys/verify.ts";
import type { UpstreamModel } from "~/upstreams/upstream.ts";
import { estimatePrompt } from "./counting.ts";
import { countsTokens, type Limits, type Reservation } from "./limits.ts";

/** Takes a request's share of its key's limits, before it waits in any line. */
export function reserve(
  { limits }: { limits: Limits },
  verified: Verified,
  ask: ChatAsk,
  model: UpstreamModel,
  maxTokens = longestAnswer(ask.body),
): Reservation {
  return limits.reserve(verified, {
    models: [ask.model, model.id],
    model: model.id,
    // Counting words costs time that a key without such limits need not spend.
    tokensIn: countsTokens(verified.key) ? estimatePrompt(ask) : 0,
    maxTokens,
  });
}

function longestAnswer({ max_completion_tokens, max_tokens }: ChatRequest): number | null {
  const longest = max_completion_tokens ?? max_tokens;
  return typeof longest === "number" && longest > 0 ? longest : null;
}
