import type { ChatAsk, ChatCompletion, ThinkMode } from "~/chat/chat.ts";
import type { Tokens } from "~/chat/usage.ts";
import type { GatewayError } from "~/errors.ts";
import type { SseEvent } from "~/wire/sse.ts";

/** The APIs whose answers come from a model. An upstream may have a door of its own for each. */
export const apiNames = ["chat", "messages", "responses"] as const;
export type ApiName = (typeof apiNames)[number];

/**
 * One API that we serve: how to read its requests, and how to tell its clients what a model said. Pure, like a dialect;
 * the two meet only in the gateway.
 */
export interface Api {
  readonly name: ApiName;
  readonly failure: Failure;
  /** Reads and checks a request, and says it in the house language. Throws `invalid_json` or `invalid_request`. */
  read(bytes: Uint8Array, headers: Headers, defaults: Defaults): ChatAsk;
  /**
   * A whole stream of the house language in the client's own. Returns the final frame, which leaves only when the
   * request is on record.
   */
  tell(events: AsyncIterable<SseEvent[]>, ask: ChatAsk): AsyncGenerator<string, string>;
  /** A whole completion of the house language in the client's own. */
  tellWhole(completion: ChatCompletion, ask: ChatAsk): string;
  /** Reads along where an upstream speaks this API itself. */
  readonly own: OwnWords;
}

/** What the gateway must understand of an API's own events, while it passes them on. */
export interface OwnWords {
  /** Finds whatever deserves a closer look in the text of several events; the rest is passed over. */
  readonly notable: RegExp;
  /** The final frame that is supplied where an upstream forgets it behind a whole answer. */
  readonly final: string;
  /** Null for an event without meaning. */
  glimpse(event: SseEvent): Glimpse | null;
  /** The same of a whole answer. */
  glimpseWhole(text: string): Glimpse | null;
}

export interface Glimpse {
  /** The first word, thought or tool call counts as the first token. */
  saysSomething: boolean;
  /** Whether the finish reason has arrived. */
  isFinished: boolean;
  /** What this event says of the usage, added to what earlier ones said; null where it says nothing. */
  tokens: Partial<Tokens> | null;
  isError: boolean;
  /** The last event of a whole answer. */
  isFinal: boolean;
  /** Nothing but usage, which zgate asks for even when the client did not. */
  isUsageOnly: boolean;
  /** Of the first event: fields that every event of this answer shares. */
  frame: Record<string, unknown> | null;
}

/** What stands in for words that the client left out. */
export interface Defaults {
  model: string;
  stream: boolean;
  thinkMode: ThinkMode;
}

/** How an API's clients are told of a failure. */
export interface Failure {
  /** Before the first byte: a real status and the client's own error body. */
  body(error: GatewayError): string;
  /** After it: one event, behind which nothing follows. The text is what goes on the wire, blank line included. */
  event(error: GatewayError): string;
}
