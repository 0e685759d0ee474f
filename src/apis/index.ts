import type { Clock } from "~/clock.ts";
import { createMessages, createTokenCounter } from "./anthropic-messages/index.ts";
import type { Api, ApiName } from "./api.ts";
import { chat } from "./openai-chat/index.ts";
import { completions } from "./openai-completions/index.ts";
import { embeddings } from "./openai-embeddings/index.ts";
import { createResponses } from "./openai-responses/index.ts";
import { createMemory, type Journal, type MemoryLimits, type RestoredResponse } from "./openai-responses/memory.ts";

/** The APIs that we serve. `limits`: of what `previous_response_id` may go on with; `journal`: where it is written down. */
export function createApis(
  clock: Clock,
  limits: Partial<MemoryLimits> = {},
  journal: (Journal & { restored: Iterable<RestoredResponse> }) | null = null,
): Record<ApiName, Api> {
  const memory = createMemory(clock, limits, journal);
  if (journal !== null) memory.restore(journal.restored);
  return {
    chat,
    messages: createMessages(),
    count_tokens: createTokenCounter(),
    responses: createResponses(memory),
    completions,
    embeddings,
  };
}
