import type { ChatAsk, ChatCompletion, ChatMessage } from "~/chat/chat.ts";
import { maxLineChars, splitChunk } from "~/chat/chunk.ts";
import { collect } from "~/chat/collect.ts";
import { showMessageThinking, showThinking } from "~/chat/think.ts";
import { estimatedUsage, estimateTokens, readUsage, type Tokens } from "~/chat/usage.ts";
import { GatewayError } from "~/errors.ts";
import type { Dialect, Telling } from "~/upstreams/upstream.ts";
import { readEvents, type SseEvent, writeEvent } from "~/wire/sse.ts";
import { type Watcher, watch } from "./observe.ts";
import { passBytes } from "./pass.ts";

/** What is known of the tokens when an answer is whole. */
export interface Count {
  tokens: Tokens;
  isEstimated: boolean;
}

/**
 * The upstream's stream as the client's, up to but without the final frame. Ends only when the answer is whole: a stream
 * that stops before its finish reason is an `upstream_incomplete`.
 */
export async function* tellStream(
  body: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  telling: Telling,
  watcher: Watcher,
): AsyncGenerator<string | Uint8Array> {
  const { ask, target } = telling;
  if (ask.thinkMode === "reasoning" && dialect.chat.passes?.(telling)) {
    const failure = (text: string) => dialect.failure(inStream(text, telling));
    yield* passBytes(body, { watcher, keepUsage: ask.includeUsage, failure });
  } else {
    const said = watch(dialect.chat.stream(readEvents(body), telling), watcher);
    const shown = ask.thinkMode === "reasoning" ? said : showThinking(said, ask.thinkMode);
    for await (const batch of shown) {
      const text = writeBatch(batch, ask.includeUsage);
      if (text !== "") yield text;
    }
  }
  if (!watcher.isFinished) {
    throw new GatewayError("upstream_incomplete", `The upstream ${target.upstream} closed the stream early`);
  }
  if (ask.includeUsage && watcher.usage === null) yield usageChunk(telling, watcher);
}

/** The upstream's whole answer as the client's. Throws `upstream_incomplete` where it is not whole. */
export async function tellWhole(
  body: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  telling: Telling,
): Promise<{ text: string; count: Count }> {
  const { ask, target } = telling;
  const incomplete = new GatewayError("upstream_incomplete", `The upstream ${target.upstream} closed its answer early`);
  let text: string;
  let completion: ChatCompletion | null;
  if (dialect.chat.alwaysStreams) {
    completion = await collect(dialect.chat.stream(readEvents(body), telling));
    if (completion === null || completion.choices.some(({ finish_reason }) => finish_reason === null)) throw incomplete;
    text = "";
  } else {
    const said = await readText(body);
    text = readCompletion(said, dialect, telling);
    completion = JSON.parse(text) as ChatCompletion;
    if (!completion.choices[0]?.finish_reason) throw incomplete;
  }

  const tokens = readUsage(completion.usage);
  const count = tokens ? { tokens, isEstimated: false } : { tokens: estimate(ask, completion), isEstimated: true };
  const isAsSaid = text !== "" && tokens !== null && ask.thinkMode === "reasoning";
  if (isAsSaid) return { text, count };
  const choices = completion.choices.map((choice) => ({
    ...choice,
    message: showMessageThinking(choice.message, ask.thinkMode),
  }));
  const usage = tokens ? completion.usage : estimatedUsage(count.tokens);
  return { text: JSON.stringify({ ...completion, choices, usage }), count };
}

/** The tokens of a stream that has ended, whole or not. */
export function countStream(ask: ChatAsk, watcher: Watcher): Count {
  if (watcher.usage !== null) return { tokens: watcher.usage, isEstimated: false };
  const out = watcher.estimateOutput();
  return { tokens: { in: estimatePrompt(ask), out, cached: 0, reasoning: 0 }, isEstimated: true };
}

function readCompletion(said: string, dialect: Dialect, telling: Telling): string {
  let answer: { choices?: unknown } | null;
  try {
    answer = JSON.parse(said);
  } catch {
    answer = null;
  }
  // A success that holds no answer: an inline error, or somebody's web page.
  if (!Array.isArray(answer?.choices)) throw dialect.failure(inStream(said, telling));
  return dialect.chat.completion(said, telling);
}

function writeBatch(batch: SseEvent[], keepUsage: boolean): string {
  let text = "";
  for (const event of batch) {
    if (!keepUsage && isUsageChunk(event.data)) continue;
    if (event.data.length <= maxLineChars) text += writeEvent(event);
    else for (const piece of splitChunk(JSON.parse(event.data))) text += writeEvent({ data: JSON.stringify(piece) });
  }
  return text;
}

// Doors write their chunks without blanks, and usage in a chunk without choices.
const isUsageChunk = (data: string): boolean => data.includes('"choices":[]') && data.includes('"usage":{');

function usageChunk({ id, created, ask }: Telling, watcher: Watcher): string {
  const { tokens } = countStream(ask, watcher);
  const frame = { id, object: "chat.completion.chunk", created, model: ask.model };
  const { id: _id, created: _created, model: _model, ...rest } = watcher.sample ?? frame;
  const like = watcher.sample ? { ...frame, id: watcher.sample.id, created: watcher.sample.created } : frame;
  return writeEvent({ data: JSON.stringify({ ...rest, ...like, choices: [], usage: estimatedUsage(tokens) }) });
}

function estimate(ask: ChatAsk, { choices }: ChatCompletion): Tokens {
  const said = choices.map(({ message }) => `${message.content ?? ""}${message.reasoning_content ?? ""}`).join("");
  return { in: estimatePrompt(ask), out: estimateTokens(said), cached: 0, reasoning: 0 };
}

function estimatePrompt({ body }: ChatAsk): number {
  return estimateTokens(body.messages.map(wordsOf).join("\n"));
}

function wordsOf({ content }: ChatMessage): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => (typeof part.text === "string" ? part.text : "")).join("\n");
}

/** No answer of a chat model comes near this; what does is no answer. */
const maxAnswerBytes = 64 * 1024 * 1024;

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > maxAnswerBytes) throw new GatewayError("upstream_error", "The upstream's answer is too large");
  }
  return text + decoder.decode();
}

function inStream(text: string, { ask, target, created }: Telling) {
  return {
    status: 200,
    contentType: "",
    text: text.slice(0, 65_536),
    target,
    at: created * 1000,
    hasMedia: hasMedia(ask),
    baseIsDefault: false,
  };
}

/** Whether a request carries anything but text. */
export function hasMedia({ body }: ChatAsk): boolean {
  return body.messages.some(({ content }) => Array.isArray(content) && content.some(({ type }) => type !== "text"));
}
