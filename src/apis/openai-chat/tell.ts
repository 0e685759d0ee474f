import type { ChatAsk, ChatCompletion } from "~/chat/chat.ts";
import { maxLineChars, splitChunk } from "~/chat/chunk.ts";
import { showMessageThinking, showThinking } from "~/chat/think.ts";
import type { Outlet, Sink } from "~/wire/sink.ts";
import { type SseEvent, writeEvent } from "~/wire/sse.ts";
import type { Teller } from "../api.ts";

/** The last event of every whole stream. */
export const finalFrame = "data: [DONE]\n\n";

/** The house language is this API's own: only the thinking may be shown otherwise, and usage is left out unasked. */
export function tell(outlet: Outlet, ask: ChatAsk): Teller {
  const teller: Sink<SseEvent> = {
    take(event) {
      if (!ask.includeUsage && !event.words && isUsageChunk(event.data)) return;
      if (event.data.length <= maxLineChars) outlet.say(writeEvent(event));
      else
        for (const piece of splitChunk(JSON.parse(event.data))) outlet.say(writeEvent({ data: JSON.stringify(piece) }));
    },
    end: () => outlet.end(finalFrame),
  };
  return ask.thinkMode === "reasoning" ? teller : showThinking(teller, ask.thinkMode);
}

export function tellWhole(completion: ChatCompletion, { thinkMode }: ChatAsk): string {
  const choices = completion.choices.map((choice) => ({
    ...choice,
    message: showMessageThinking(choice.message, thinkMode),
  }));
  return JSON.stringify({ ...completion, choices });
}

// Doors write their chunks without blanks, and usage in a chunk without choices.
const isUsageChunk = (data: string): boolean => data.includes('"choices":[]') && data.includes('"usage":{');
