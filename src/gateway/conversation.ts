import type { Api, Glimpse, OwnWords, Translation } from "~/apis/api.ts";
import type { ChatAsk, ChatCompletion, ChatMessage } from "~/chat/chat.ts";
import { maxLineChars } from "~/chat/chunk.ts";
import { collect } from "~/chat/collect.ts";
import { demandsCall } from "~/chat/tools.ts";
import { estimatedUsage, estimateTokens, readUsage, type Tokens } from "~/chat/usage.ts";
import { GatewayError } from "~/errors.ts";
import { wrongEnd } from "~/upstreams/finish.ts";
import type { Dialect, Door, Telling } from "~/upstreams/upstream.ts";
import { readEvents, type SseEvent, writeEvent } from "~/wire/sse.ts";
import type { AnswerBody } from "./answer-body.ts";
import { type Watcher, watch } from "./observe.ts";
import { passBytes } from "./pass.ts";
import type { Pieces } from "./stream.ts";

/** What is known of the tokens when an answer is whole. */
export interface Count {
  tokens: Tokens;
  isEstimated: boolean;
}

/** Which API the client speaks, which dialect the upstream does, and through which of its doors. */
export interface Pair {
  api: Api;
  dialect: Dialect;
  door: Door;
}

/**
 * The upstream's stream as the client's: through the upstream's own door for this API, else translated. Returns the final
 * frame. Ends only when the answer is whole: a stream that stops before its finish reason is an `upstream_incomplete`.
 */
export async function* tellStream(
  body: AsyncIterable<Uint8Array>,
  { api, dialect, door }: Pair,
  telling: Telling,
  watcher: Watcher,
): Pieces {
  const { ask, target } = telling;
  const isOwn = door === dialect[api.name];
  if (isOwn) watcher.own = api.own;
  if (isOwn && ask.thinkMode === "reasoning" && door.passes?.(telling)) {
    const failure = (text: string) => dialect.failure(inStream(text, telling));
    const final = yield* passBytes(body, api.own, {
      watcher,
      keepUsage: ask.includeUsage,
      mustCall: demandsCall(ask.body),
      upstream: target.upstream,
      failure,
    });
    if (!watcher.isFinished) throw closedEarly(target.upstream);
    if (api.name === "chat" && ask.includeUsage && watcher.usage === null)
      yield writeEvent(usageChunk(telling, watcher));
    return final;
  }
  const said = watch(door.stream(readEvents(body), telling), watcher);
  if (door === dialect.chat) return yield* translationOf(api).tell(wholeStream(said, telling, watcher), ask, telling);
  const final = yield* holdFinal(said, api.own, watcher, telling);
  if (!watcher.isFinished) throw closedEarly(target.upstream);
  return final;
}

/** The upstream's whole answer as the client's. Throws `upstream_incomplete` where it is not whole. */
export async function tellWhole(
  body: AnswerBody,
  { api, dialect, door }: Pair,
  telling: Telling,
): Promise<{ text: string; count: Count }> {
  if (door !== dialect.chat) return tellOwn(await readText(body), api, dialect, door, telling);

  const { ask, target } = telling;
  const said = door.alwaysStreams ? null : readCompletion(await readText(body), dialect, telling);
  const text = said && (await dialect.chat.completion(said.text, telling));
  const completion =
    said === null
      ? await collect(door.stream(readEvents(body), telling))
      : text === said.text
        ? said.completion
        : (JSON.parse(text!) as ChatCompletion);
  if (!completion?.choices.every(({ finish_reason }) => finish_reason)) throw closedEarly(target.upstream);

  const tokens = readUsage(completion.usage);
  const count = tokens ? { tokens, isEstimated: false } : { tokens: estimate(ask, completion), isEstimated: true };
  const isAsSaid = text !== null && tokens !== null && api.name === "chat" && ask.thinkMode === "reasoning";
  if (isAsSaid) return { text, count };
  const usage = tokens ? completion.usage : estimatedUsage(count.tokens);
  return { text: translationOf(api).tellWhole({ ...completion, usage }, ask, telling), count };
}

/** The tokens of a stream that has ended, whole or not. */
export function countStream(ask: ChatAsk, watcher: Watcher): Count {
  if (watcher.usage !== null) return { tokens: watcher.usage, isEstimated: false };
  const out = watcher.estimateOutput();
  return { tokens: { in: estimatePrompt(ask), out, cached: 0, reasoning: 0 }, isEstimated: true };
}

function translationOf({ name, translation }: Api): Translation {
  if (translation === null) throw new Error(`${name} is only served through an upstream's own door`);
  return translation;
}

function closedEarly(upstream: string): GatewayError {
  return new GatewayError("upstream_incomplete", `The upstream ${upstream} closed its answer early`);
}

/** House events that are known to be whole at their end, with usage in them, estimated if need be. */
async function* wholeStream(
  events: AsyncIterable<SseEvent[]>,
  telling: Telling,
  watcher: Watcher,
): AsyncGenerator<SseEvent[]> {
  yield* events;
  if (!watcher.isFinished) throw closedEarly(telling.target.upstream);
  if (watcher.usage === null) yield [usageChunk(telling, watcher)];
}

/** Passes an API's own events on, and keeps the last one back; what an upstream sends behind it concerns nobody. */
async function* holdFinal(
  events: AsyncIterable<SseEvent[]>,
  own: OwnWords,
  watcher: Watcher,
  { ask, target }: Telling,
): Pieces {
  const mustCall = demandsCall(ask.body);
  for await (const batch of events) {
    let text = "";
    for (const event of batch) {
      const glimpse = own.notable.test(event.data) ? own.glimpse(event) : null;
      const end = glimpse?.isFinished ? { reason: glimpse.finish, hasCalls: watcher.hasCalls, mustCall } : null;
      const wrong = end && wrongEnd(end, target.upstream);
      if (glimpse?.isFinal || wrong !== null) {
        if (text !== "") yield text;
        if (wrong !== null) throw wrong;
        return writeEvent(event);
      }
      text += end === null ? writeSplit(event, own) : writeEvent({ ...event, data: mended(event.data, own) });
    }
    if (text !== "") yield text;
  }
  return own.final;
}

function writeSplit(event: SseEvent, own: OwnWords): string {
  const isLong = event.data.length > maxLineChars;
  return (isLong ? own.split?.(event.data) : null) ?? writeEvent(event);
}

const mended = (said: string, own: OwnWords): string => own.mend?.(said) ?? said;

async function tellOwn(
  said: string,
  api: Api,
  dialect: Dialect,
  door: Door,
  telling: Telling,
): Promise<{ text: string; count: Count }> {
  const glimpse = glimpseWhole(said, api.own);
  if (glimpse === null || glimpse.isError) throw dialect.failure(inStream(said, telling));
  if (!glimpse.isFinished) throw closedEarly(telling.target.upstream);
  const { ask, target } = telling;
  const { finish: reason, hasCalls } = glimpse;
  const wrong = wrongEnd({ reason, hasCalls, mustCall: demandsCall(ask.body) }, target.upstream);
  if (wrong !== null) throw wrong;
  const { in: asked, out: answered, cached = 0, reasoning = 0 } = glimpse.tokens ?? {};
  const tokens = {
    in: asked ?? estimatePrompt(ask),
    out: answered ?? estimateTokens([said]),
    cached,
    reasoning,
  };
  return {
    text: mended(await door.completion(said, telling), api.own),
    count: { tokens, isEstimated: glimpse.tokens === null },
  };
}

function glimpseWhole(said: string, own: OwnWords): Glimpse | null {
  try {
    return own.glimpseWhole(said);
  } catch {
    // Not even JSON: the dialect says what that means, as for any success that holds no answer.
    return null;
  }
}

function readCompletion(
  text: string,
  dialect: Dialect,
  telling: Telling,
): { text: string; completion: ChatCompletion } {
  let completion: ChatCompletion | null;
  try {
    completion = JSON.parse(text);
  } catch {
    completion = null;
  }
  // A success that holds no answer: an inline error, or somebody's web page.
  if (!Array.isArray(completion?.choices)) throw dialect.failure(inStream(text, telling));
  return { text, completion };
}

function usageChunk({ id, created, ask }: Telling, watcher: Watcher): SseEvent {
  const { tokens } = countStream(ask, watcher);
  const frame = { id, object: "chat.completion.chunk", created, model: ask.model };
  return { data: JSON.stringify({ ...frame, ...watcher.frame, choices: [], usage: estimatedUsage(tokens) }) };
}

function estimate(ask: ChatAsk, { choices }: ChatCompletion): Tokens {
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

/** No answer of a chat model comes near this; what does is no answer. */
const maxAnswerBytes = 64 * 1024 * 1024;

const readText = async (body: AnswerBody): Promise<string> => (await body.whole(maxAnswerBytes)).toString();

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
