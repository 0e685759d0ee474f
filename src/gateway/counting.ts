import type { ChatAsk, ChatCompletion, ChatMessage } from "~/chat/chat.ts";
import { estimateTokens, type Tokens } from "~/chat/usage.ts";
import type { Watcher } from "./observe.ts";

/** What is known of the tokens when an answer is whole. */
export interface Count {
  tokens: Tokens;
  isEstimated: boolean;
}

/** The tokens of a stream that has ended, whole or not. */
export function countStream(ask: ChatAsk, watcher: Watcher): Count {
  if (watcher.usage !== null) return { tokens: watcher.usage, isEstimated: false };
  const out = watcher.estimateOutput();
  return { tokens: { in: estimatePrompt(ask), out, cached: 0, reasoning: 0 }, isEstimated: true };
}

/** The tokens of a whole answer whose upstream never said. */
export function estimate(ask: ChatAsk, { choices }: ChatCompletion): Tokens {
  const said = choices.flatMap(({ message }) => [message.content ?? "", message.reasoning_content ?? ""]);
  return { in: estimatePrompt(ask), out: estimateTokens(said), cached: 0, reasoning: 0 };
}

/** What a question comes to in tokens, roughly; pictures and films count nothing. */
export function estimatePrompt({ body }: ChatAsk): number {
  return estimateTokens(body.messages.flatMap(wordsOf));
}

function wordsOf({ content }: ChatMessage): string[] {
  if (typeof content === "string") return [content];
  return (content ?? []).map(({ text }) => text).filter((text) => typeof text === "string");
}
