import type { Clock } from "~/clock.ts";
import { createMessages, createTokenCounter } from "./anthropic-messages/index.ts";
import type { Api, ApiName } from "./api.ts";
import { chat } from "./openai-chat/index.ts";
import { completions } from "./openai-completions/index.ts";
import { embeddings } from "./openai-embeddings/index.ts";
import { createResponses } from "./openai-responses/index.ts";
import { createMemory } from "./openai-responses/memory.ts";

/** The APIs that we serve. */
export function createApis(clock: Clock): Record<ApiName, Api> {
  return {
    chat,
    messages: createMessages(),
    count_tokens: createTokenCounter(),
    responses: createResponses(createMemory(clock)),
    completions,
    embeddings,
  };
}
