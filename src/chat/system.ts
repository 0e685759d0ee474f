import type { ChatMessage } from "./chat.ts";

/** Messages with words of zgate's own in the system prompt, behind the client's. */
export function withSystemWords(messages: readonly ChatMessage[], words: string): ChatMessage[] {
  const [first, ...rest] = messages;
  if (first && (first.role === "system" || first.role === "developer") && typeof first.content === "string") {
    return [{ ...first, content: `${first.content}\n\n${words}` }, ...rest];
  }
  return [{ role: "system", content: words }, ...messages];
}
