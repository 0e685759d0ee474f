import { createMessages, createTokenCounter } from "./anthropic-messages/index.ts";
import type { Api, ApiName } from "./api.ts";
import { chat } from "./openai-chat/index.ts";
import { completions } from "./openai-completions/index.ts";
import { embeddings } from "./openai-embeddings/index.ts";

/** The APIs that we serve. */
export function createApis(): Record<Exclude<ApiName, "responses">, Api> {
  return { chat, messages: createMessages(), count_tokens: createTokenCounter(), completions, embeddings };
}
