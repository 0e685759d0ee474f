import type { Api, Glimpse, OwnWords, Translation } from "~/apis/api.ts";
import type { ChatAsk, ChatCompletion, ChatMessage } from "~/chat/chat.ts";
import { maxLineChars } from "~/chat/chunk.ts";
import { demandsCall } from "~/chat/tools.ts";
import { estimatedUsage, estimateTokens, readUsage, type Tokens } from "~/chat/usage.ts";
import { GatewayError } from "~/errors.ts";
import { wrongEnd } from "~/upstreams/finish.ts";
import type { Dialect, Door, Telling } from "~/upstreams/upstream.ts";
import type { Outlet, Piece, Sink } from "~/wire/sink.ts";
import { readEvents, type SseEvent, writeEvent } from "~/wire/sse.ts";
import type { AnswerBody } from "./answer-body.ts";
import { collectFrom } from "./gather.ts";
import type { Watcher } from "./observe.ts";
import { passBytes } from "./pass.ts";
import { Saying, type Steps } from "./saying.ts";

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
 * The upstream's stream as the client's: through the upstream's own door for this API, else translated. Ends only when the
 * answer is whole: a stream that stops before its finish reason is an `upstream_incomplete`.
 */
export function tellStream(body: AsyncIterator<Uint8Array>, pair: Pair, telling: Telling, watcher: Watcher): Saying {
  return new Saying(body, (outlet, hold) => stepsTo(outlet, pair, { ...telling, hold }, watcher));
}

function stepsTo(outlet: Outlet, { api, dialect, door }: Pair, telling: Telling, watcher: Watcher): Steps {
  const { ask, target } = telling;
  const isOwn = door === dialect[api.name];
  if (isOwn) watcher.own = api.own;
  if (isOwn && ask.thinkMode === "reasoning" && door.passes?.(telling)) {
    const whole = onlyWhole(outlet, api, telling, watcher);
    const steps = passBytes(whole, api.own, {
      watcher,
      keepUsage: ask.includeUsage,
      mustCall: demandsCall(ask.body),
      upstream: target.upstream,
      failure: (text) => dialect.failure(inStream(text, telling)),
    });
    return { ...steps, breakOff: whole.breakOff };
  }
  if (door === dialect.chat) {
    const teller = translationOf(api).tell(outlet, ask, telling);
    const events = readEvents(door.stream(watchHouse(teller, telling, watcher), telling));
    return { ...events, breakOff: teller.breakOff };
  }
  const whole = onlyWhole(outlet, api, telling, watcher);
  const teller = tellOwn(whole, api.own, watcher, telling);
  return { ...readEvents(door.stream(watch(teller, watcher), telling)), breakOff: whole.breakOff };
}

/** The upstream's whole answer as the client's. Throws `upstream_incomplete` where it is not whole. */
export async function tellWhole(
  body: AnswerBody,
  { api, dialect, door }: Pair,
  telling: Telling,
): Promise<{ text: string; count: Count }> {
  if (door !== dialect.chat) {
    return tellOwnWhole((await body.whole(maxAnswerBytes)).toString(), api, dialect, door, telling);
  }

  const { ask, target } = telling;
  const said = door.alwaysStreams
    ? null
    : readCompletion((await body.whole(maxAnswerBytes)).toString(), dialect, telling);
  const text = said && (await dialect.chat.completion(said.text, telling));
  const completion =
    said === null
      ? await collectFrom(body, door, telling)
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

/** Lets every event by, unchanged, under the watcher's eyes. */
function watch(next: Sink<SseEvent>, watcher: Watcher): Sink<SseEvent> {
  return {
    take(event) {
      watcher.see(event);
      next.take(event);
    },
    end: () => next.end(),
  };
}

/** The same of house events, which are whole when they end, with usage in them, estimated if need be. */
function watchHouse(next: Sink<SseEvent>, telling: Telling, watcher: Watcher): Sink<SseEvent> {
  return {
    ...watch(next, watcher),
    end() {
      if (!watcher.isFinished) throw closedEarly(telling.target.upstream);
      if (watcher.usage === null) next.take(usageChunk(telling, watcher));
      next.end();
    },
  };
}

/** Nothing is at its end that is not whole. */
function onlyWhole(outlet: Outlet, { name, own }: Api, telling: Telling, watcher: Watcher) {
  let first: Piece = "";
  let last: Piece = "";
  return {
    say(piece: Piece) {
      if (own.breakOff) {
        first ||= piece;
        last = piece;
      }
      outlet.say(piece);
    },
    breakOff(error: GatewayError) {
      own.breakOff?.(error, { first: inWords(first), last: inWords(last) }, telling.ask.model);
    },
    end(final: Piece) {
      if (!watcher.isFinished) throw closedEarly(telling.target.upstream);
      const lacksUsage = name === "chat" && telling.ask.includeUsage && watcher.usage === null;
      if (lacksUsage) outlet.say(writeEvent(usageChunk(telling, watcher)));
      outlet.end(final);
    },
  };
}

const inWords = (piece: Piece): string => (typeof piece === "string" ? piece : Buffer.from(piece).toString());

/** Passes an API's own events on, and keeps the last one back; what an upstream sends behind it concerns nobody. */
function tellOwn(outlet: Outlet, own: OwnWords, watcher: Watcher, { ask, target }: Telling): Sink<SseEvent> {
  const mustCall = demandsCall(ask.body);
  let isOver = false;
  return {
    take(event) {
      if (isOver) return;
      const glimpse = own.notable.test(event.data) ? own.glimpse(event) : null;
      const end = glimpse?.isFinished ? { reason: glimpse.finish, hasCalls: watcher.hasCalls, mustCall } : null;
      const wrong = end && wrongEnd(end, target.upstream);
      if (wrong !== null) throw wrong;
      isOver = glimpse?.isFinal === true;
      if (isOver) outlet.end(writeEvent(event));
      else outlet.say(end === null ? writeSplit(event, own) : writeEvent({ ...event, data: mended(event.data, own) }));
    },
    end() {
      if (!isOver) outlet.end(own.final);
    },
  };
}

function writeSplit(event: SseEvent, own: OwnWords): string {
  const isLong = event.data.length > maxLineChars;
  return (isLong ? own.split?.(event.data) : null) ?? writeEvent(event);
}

const mended = (said: string, own: OwnWords): string => own.mend?.(said) ?? said;

async function tellOwnWhole(
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
