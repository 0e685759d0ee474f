import type { ChatAsk, ChatRequest } from "~/chat/chat.ts";
import type { GatewayError } from "~/errors.ts";
import { isLarge } from "~/wire/json.ts";

interface Asked {
  /** The request in its API's own words. */
  own: NonNullable<ChatAsk["own"]>;
  /** The same in the house language. */
  body: ChatRequest;
  /** What of it the house language cannot say. */
  untold?: GatewayError | null;
  model: string;
  alias?: string;
  stream: boolean;
  thinking: boolean | null;
  effort: string | null;
}

/** A request of another API as the line takes it. Its thinking is told by the API itself, in its own kind of block. */
export function houseAsk({ own, body, untold = null, model, alias, stream, thinking, effort }: Asked): ChatAsk {
  return {
    body,
    sent: null,
    isLarge: isLarge(own.sent),
    own,
    untold,
    model,
    alias,
    stream,
    // These clients have no word for it: their own last events hold the numbers.
    includeUsage: false,
    thinkMode: "reasoning",
    thinking,
    effort,
  };
}

/** An object without the fields that say nothing. */
export function withoutBlanks(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
