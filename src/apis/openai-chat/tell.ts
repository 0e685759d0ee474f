import type { ChatAsk, ChatCompletion } from "~/chat/chat.ts";
import { maxLineChars, splitChunk } from "~/chat/chunk.ts";
import { showMessageThinking, showThinking } from "~/chat/think.ts";
import { type SseEvent, writeEvent } from "~/wire/sse.ts";

/** The last event of every whole stream. */
export const finalFrame = "data: [DONE]\n\n";

/** The house language is this API's own: only the thinking may be shown otherwise, and usage is left out unasked. */
export async function* tell(events: AsyncIterable<SseEvent[]>, ask: ChatAsk): AsyncGenerator<string, string> {
  const shown = ask.thinkMode === "reasoning" ? events : showThinking(events, ask.thinkMode);
  for await (const batch of shown) {
    const text = write(batch, ask.includeUsage);
    if (text !== "") yield text;
  }
  return finalFrame;
}

export function tellWhole(completion: ChatCompletion, { thinkMode }: ChatAsk): string {
  const choices = completion.choices.map((choice) => ({
    ...choice,
    message: showMessageThinking(choice.message, thinkMode),
  }));
  return JSON.stringify({ ...completion, choices });
}

function write(batch: SseEvent[], keepUsage: boolean): string {
  let text = "";
  for (const event of batch) {
    if (!keepUsage && !event.isWords && isUsageChunk(event.data)) continue;
    if (event.data.length <= maxLineChars) text += writeEvent(event);
    else for (const piece of splitChunk(JSON.parse(event.data))) text += writeEvent({ data: JSON.stringify(piece) });
  }
  return text;
}

// Doors write their chunks without blanks, and usage in a chunk without choices.
const isUsageChunk = (data: string): boolean => data.includes('"choices":[]') && data.includes('"usage":{');
