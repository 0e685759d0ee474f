import type { ChatAsk } from "~/chat/chat.ts";
import type { KnownFormats } from "~/chat/format.ts";
import type { Medium } from "~/chat/media.ts";
import type { GatewayError } from "~/errors.ts";
import type { Written } from "~/wire/json.ts";
import type { Sink } from "~/wire/sink.ts";
import type { EventSink, SseEvent } from "~/wire/sse.ts";

/** The wire formats that we speak to an upstream. */
export const dialects = ["zai", "zai-web", "openai"] as const;
export type DialectName = (typeof dialects)[number];

/**
 * One dialect: how to say a chat completion to an upstream, how to understand its answer and how to read its refusals.
 * Pure: nothing here fetches, reads a clock by itself or touches the disk.
 */
export interface Dialect {
  readonly name: DialectName;
  /** The models that are known without asking the upstream, with that dialect's own ids. */
  readonly models: readonly UpstreamModel[];
  /** The upstream's own id for the name that a client used (any case, aliases included); null where there is none. */
  resolve(asked: string): UpstreamModel | null;
  /** The door for Chat Completions, which every dialect has: other APIs are translated through it. */
  readonly chat: Door;
  /** Doors for APIs that the upstream speaks itself: the client's own words go out and come back, edited or not. */
  readonly messages?: Door;
  readonly count_tokens?: Door;
  readonly responses?: Door;
  readonly completions?: Door;
  readonly embeddings?: Door;
  /** What of `response_format` its upstreams keep to by themselves; the gateway enforces the rest. */
  readonly formats: KnownFormats;
  /** Reads an answer that is not a success (or not what it should be): status, and its text, at most 64 KB of it. */
  failure(answer: RefusedAnswer): GatewayError;
  /** Where to ask for the model list; null where there is no such place. */
  modelList(target: Target): Outgoing | null;
  readonly transcription?: Transcription;
  /** How to get a guest token, where the upstream knows guests. `read` gives null where the answer holds no token. */
  readonly guest?: { ask(target: Target): Outgoing; read(text: string): string | null };
}

export interface UpstreamModel {
  /** What we send. */
  id: string;
  /** What `/v1/models` lists. */
  name: string;
  /** What it takes besides text; absent where only the upstream knows. */
  media?: readonly Medium[];
}

/** How to have speech written down, for models that hear nothing. */
export interface Transcription {
  readonly mimes: readonly string[];
  readonly maxBytes: number;
  ask(audio: { bytes: Uint8Array; mime: string }, target: Target): Outgoing;
  /** Null where the answer holds no text. */
  read(text: string): string | null;
}

/** Where a request goes and what it shows there. */
export interface Target {
  /** The upstream's name in rows and errors. */
  upstream: string;
  /** The base, or the full completions address, as configured and normalised: no trailing slash. */
  url: string;
  /** The bearer; null where the upstream takes none. */
  token: string | null;
  /** Whether the token belongs to a nameless guest. */
  isGuest: boolean;
}

export interface Outgoing {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body: Written | null;
}

/** What one answer needs to be told to the client: the same id, stamp and name in each of its chunks. */
export interface Telling {
  ask: ChatAsk;
  model: UpstreamModel;
  target: Target;
  /** `chatcmpl-…`, ours. */
  id: string;
  /** Unix seconds. */
  created: number;
  /** Asks the same account once more, for an answer that turned out to be of no use. Throws what a refusal means. */
  again?(ask: ChatAsk): Promise<AsyncIterableIterator<Uint8Array>>;
  /**
   * Takes nothing more of a stream before this is done, which breaks it where it fails. It begins when all that came with
   * what asks for it has been taken. There while a stream is told.
   */
  hold?(work: () => Promise<void>): void;
}

export interface Door {
  /** Whether the upstream answers with a stream even when the client wants a whole answer. */
  readonly alwaysStreams: boolean;
  /** Whether an upstream of this address has this door. Absent where all of the dialect have it. */
  isAt?(url: string): boolean;
  /** The request to send. Throws a GatewayError of a caller's kind for what this upstream cannot be asked. */
  ask(telling: Telling, at: number): Outgoing;
  /** Whether this answer needs no edit, so that the upstream's bytes pass as they are. Absent where they never do. */
  passes?(telling: Telling): boolean;
  /**
   * The upstream's stream in the door's language. Chat: `chat.completion.chunk` events with our id, stamp and name; role in the
   * first chunk only; `finish_reason` in every chunk; usage in a chunk of its own behind the finish chunk; no `[DONE]`.
   * Ends when the upstream ends. Throws the GatewayError for an error that stands inside the stream.
   */
  stream(next: Sink<SseEvent>, telling: Telling): EventSink;
  /** The upstream's whole answer, as the text of a `chat.completion`. Not called where `alwaysStreams`. */
  completion(text: string, telling: Telling): string | Promise<string>;
}

export interface RefusedAnswer {
  status: number;
  contentType: string;
  text: string;
  target: Target;
  /** Milliseconds since 1970, UTC: error texts name reset times. */
  at: number;
  /** Whether the request carried images, video, documents or audio. */
  hasMedia: boolean;
  /** Whether zgate chose the base itself, so that a refused key may belong to another one. */
  baseIsDefault: boolean;
}
