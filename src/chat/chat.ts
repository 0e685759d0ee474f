import type { GatewayError } from "~/errors.ts";
import type { Sent } from "~/wire/json.ts";

/**
 * The house language: OpenAI's Chat Completions, with unknown fields riding along.
 * Only what zgate itself reads or writes is typed; everything else passes through as it came.
 * https://platform.openai.com/docs/api-reference/chat
 */

export interface ChatRequest {
  [field: string]: unknown;
  model?: string;
  messages: ChatMessage[];
  stream?: boolean;
}

export interface ChatMessage {
  [field: string]: unknown;
  role: string;
  content?: string | ChatPart[] | null;
}

export interface ChatPart {
  [field: string]: unknown;
  type: string;
}

export interface ToolCall {
  [field: string]: unknown;
  index?: number;
  id?: string;
  type?: "function";
  function?: { name?: string; arguments?: string };
}

/** `chat.completion.chunk`. `delta.reasoning_content` is GLM's own field for thinking, and ours. */
export interface ChatChunk {
  [field: string]: unknown;
  id: string;
  created: number;
  model: string;
  choices: ChatChunkChoice[];
  usage?: Usage | null;
}

export interface ChatChunkChoice {
  [field: string]: unknown;
  index: number;
  delta: ChatDelta;
  finish_reason: FinishReason | null;
}

export interface ChatDelta {
  [field: string]: unknown;
  role?: string;
  content?: string | null;
  reasoning_content?: string | null;
  tool_calls?: ToolCall[];
}

/** `chat.completion`. */
export interface ChatCompletion {
  [field: string]: unknown;
  id: string;
  created: number;
  model: string;
  choices: ChatChoice[];
  usage?: Usage | null;
}

export interface ChatChoice {
  [field: string]: unknown;
  index: number;
  message: ChatDelta;
  finish_reason: FinishReason | null;
}

/** `function_call` is what old clients get that offer functions rather than tools. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

export interface Usage {
  [field: string]: unknown;
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
}

/**
 * How a client sees the model's thinking. Whatever the upstream, doors deliver thinking as `reasoning_content`, and the
 * mode is applied to that afterwards (`think.ts`).
 */
export const thinkModes = ["reasoning", "think", "pure", "raw", "strip", "hide"] as const;
export type ThinkMode = (typeof thinkModes)[number];

/** One chat completion that somebody asked for: the words, and what zgate has already understood of them. */
export interface ChatAsk {
  /** The parsed request. Never changed in place: a door copies what it edits. */
  body: ChatRequest;
  /** The same as it arrived, from a client that speaks the house language; null where these words are zgate's own. */
  sent: Sent | null;
  /** Whether it is so large that a copy of it counts. */
  isLarge: boolean;
  /** The request in the client's own words, where those are another API's; for a door that the upstream has for it. */
  own: { body: Record<string, unknown>; sent: Sent } | null;
  /** The refusal of what stands in those words and not in `body`: thrown where they are translated. Null where all is said. */
  untold: GatewayError | null;
  /** The name the client used, or the default when it used none. Echoed in the answer. */
  model: string;
  /** What the API's own table takes that name for, where nobody here knows it. */
  alias?: string;
  /** Whether the client wants a stream. */
  stream: boolean;
  /** Whether the client asked for the usage chunk (`stream_options.include_usage`). */
  includeUsage: boolean;
  thinkMode: ThinkMode;
  /** What the client wants of thinking, however it spelled it; null where it did not say. */
  thinking: boolean | null;
  /** `minimal low medium high xhigh max`, as the client spelled it; null where it did not say. */
  effort: string | null;
}
