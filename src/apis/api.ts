import type { ChatAsk, ChatCompletion, ThinkMode } from "~/chat/chat.ts";
import type { Tokens } from "~/chat/usage.ts";
import type { GatewayError } from "~/errors.ts";
import type { Sent } from "~/wire/json.ts";
import type { Outlet, Sink } from "~/wire/sink.ts";
import type { SseEvent } from "~/wire/sse.ts";

/** The APIs whose answers come from a model. An upstream may have a door of its own for each. */
export const apiNames = ["chat", "messages", "count_tokens", "responses", "completions", "embeddings"] as const;
export type ApiName = (typeof apiNames)[number];

/**
 * One API that we serve: how to read its requests, and how to tell its clients what a model said. Pure, like a dialect;
 * the two meet only in the gateway.
 */
export interface Api {
  readonly name: ApiName;
  readonly failure: Failure;
  /**
   * Reads and checks a request, and says it in the house language. Throws `invalid_json` or `invalid_request`.
   * `keyId` says whose it is, for an API whose requests name earlier answers.
   */
  read(sent: Sent, headers: Headers, defaults: Defaults, keyId: number): ChatAsk;
  /** Null where this API is served only through an upstream's own door. */
  readonly translation: Translation | null;
  /**
   * Keeps an answer that a later request may name: a whole one, or the final frame of a stream. With `secrets` it is
   * written down as well, without them.
   */
  remember?(said: string, ask: ChatAsk, keyId: number, secrets?: readonly string[]): void;
  /** Reads along where an upstream speaks this API itself. */
  readonly own: OwnWords;
}

/** The house language in a client's own words. */
export interface Translation {
  /** Tells a stream, which is known to be whole when it ends. */
  tell(outlet: Outlet, ask: ChatAsk, stamp: Stamp): Teller;
  /** A whole completion. */
  tellWhole(completion: ChatCompletion, ask: ChatAsk, stamp: Stamp): string;
}

/** Tells the events of the house language to a client. */
export interface Teller extends Sink<SseEvent> {
  /** The stream broke with this error, of which the client is told next. */
  breakOff?(error: GatewayError): void;
}

/** What zgate itself calls an answer. */
export interface Stamp {
  /** `chatcmpl-…`, ours. */
  id: string;
  /** Unix seconds. */
  created: number;
}

/** What the gateway must understand of an API's own events, while it passes them on. */
export interface OwnWords {
  /** Finds whatever deserves a closer look in the text of several events; the rest is passed over. */
  readonly notable: RegExp;
  /** The same as texts of which one stands in whatever is notable, for JSON that is written as usual. */
  readonly marks: readonly Buffer[];
  /** The final frame that is supplied where an upstream forgets it behind a whole answer. */
  readonly final: string;
  /** Null for an event without meaning. */
  glimpse(event: SseEvent): Glimpse | null;
  /** The same of a whole answer. */
  glimpseWhole(text: string): Glimpse | null;
  /** An end, or a whole answer, whose reason this API does not have, with one that it has; null where it has it. */
  mend?(said: string): string | null;
  /** The stream broke with this error behind the last of what was said, where the error's own event goes on from there. */
  breakOff?(error: GatewayError, said: { first: string; last: string }, model: string): void;
  /** An event whose line is too long for many clients, as several that say the same, as they go on the wire. */
  split?(data: string): string | null;
}

export interface Glimpse {
  /** The first word, thought or tool call counts as the first token. */
  saysSomething: boolean;
  /** Whether the finish reason has arrived. */
  isFinished: boolean;
  /** Why the answer ended, in the upstream's own words; null where this does not say. */
  finish: string | null;
  /** Whether a tool call is in it. */
  hasCalls: boolean;
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
