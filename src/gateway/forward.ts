import type { Api, Defaults } from "~/apis/api.ts";
import { chat } from "~/apis/openai-chat/index.ts";
import type { ChatAsk, ChatRequest } from "~/chat/chat.ts";
import { toGatewayError } from "~/errors.ts";
import { requireRight, type Verified } from "~/keys/verify.ts";
import { streamHeaders } from "~/wire/headers.ts";
import type { Door, Place } from "./admit.ts";
import { attempt, type Patiences, type Said, type Upstream } from "./attempt.ts";
import { type BodyLimits, readBody } from "./body.ts";
import type { Call } from "./call.ts";
import type { Catalogue } from "./catalogue.ts";
import { type Count, countStream, estimatePrompt, type Pair, tellStream, tellWhole } from "./conversation.ts";
import {
  clientLeft,
  complete,
  type Desk,
  type Exchange,
  endFailed,
  identify,
  onRecord,
  settle,
  type Visitor,
} from "./exchange.ts";
import { countsTokens, type Limits, type Reservation } from "./limits.ts";
import { createWatcher, type Watcher } from "./observe.ts";
import { keepAlive, type Piece, type Pieces, settledWithin } from "./stream.ts";

/** What the line through the house is made of. */
export interface Line extends Desk {
  /** Throws while inference is paused. */
  requireRunning(): void;
  limits: Limits;
  door: Door;
  upstream: Upstream;
  catalogue: Catalogue;
  call: Call;
  defaults: Defaults;
  body: BodyLimits;
  patience: Patiences;
  /** How long the first frame of a stream is awaited before a 200 goes out with pings. Milliseconds. */
  holdMs: number;
  pingMs: number;
}

/** The way of a request to a model: on record, known, read, admitted, said, told, and on record again. */
export function createForward(line: Line, api: Api) {
  return (request: Request, visitor: Visitor): Promise<Response> =>
    onRecord(line, request, visitor, api, async (exchange) => {
      const verified = identify(line, exchange);
      requireRight(verified, "inference");
      line.requireRunning();
      const bytes = await readBody(request, line.body);
      const ask = api.read(bytes, request.headers, line.defaults, verified.keyId);
      Object.assign(exchange.record.facts, { bytesIn: bytes.length, modelAsked: ask.model, stream: ask.stream });
      exchange.reservation = await reserve(line, verified, ask);
      return ask.stream ? answerStream(line, exchange, ask) : answerWhole(line, exchange, ask);
    });
}

/** Takes the request's share of its key's limits, before it waits in any line. */
async function reserve(line: Line, verified: Verified, ask: ChatAsk): Promise<Reservation> {
  const { model } = await line.catalogue.find(ask.model, ask.alias);
  return line.limits.reserve(verified, {
    models: [ask.model, model.id],
    model: model.id,
    // Counting words costs time that a key without such limits need not spend.
    tokensIn: countsTokens(verified.key) ? estimatePrompt(ask) : 0,
    maxTokens: longestAnswer(ask.body),
  });
}

function longestAnswer({ max_completion_tokens, max_tokens }: ChatRequest): number | null {
  const longest = max_completion_tokens ?? max_tokens;
  return typeof longest === "number" && longest > 0 ? longest : null;
}

async function answerWhole(line: Line, exchange: Exchange<Api>, ask: ChatAsk): Promise<Response> {
  const place = await line.door.enter(exchange.left.signal);
  try {
    const { body, telling, door } = await say(line, exchange, ask, place.queuedMs);
    const { text, count } = await tellWhole(body, pairOf(line, exchange, door), telling);
    note(exchange, count);
    remember(exchange, text, ask);
    leave(line, exchange, place);
    return await complete(line, exchange, text);
  } finally {
    leave(line, exchange, place);
  }
}

async function answerStream(line: Line, exchange: Exchange<Api>, ask: ChatAsk): Promise<Response> {
  const watcher = createWatcher(chat.own, line.clock);
  const pieces = tell(line, exchange, ask, watcher);
  const first = pieces.next();
  // Until its first frame a stream that fails still gets its real status.
  await settledWithin(first, line.holdMs);
  const body = withEnding(line, exchange, watcher, keepAlive(pieces, first, line.pingMs));
  return new Response(body as unknown as BodyInit, { headers: { ...line.headersFor(exchange), ...streamHeaders } });
}

async function* tell(line: Line, exchange: Exchange<Api>, ask: ChatAsk, watcher: Watcher): Pieces {
  const place = await line.door.enter(exchange.left.signal);
  try {
    const { body, telling, door } = await say(line, exchange, ask, place.queuedMs);
    const final = yield* tellStream(body, pairOf(line, exchange, door), telling, watcher);
    remember(exchange, final, ask);
    return final;
  } finally {
    leave(line, exchange, place);
    exchange.record.facts.firstTokenTick = watcher.firstTokenTick;
    note(exchange, countStream(ask, watcher));
  }
}

/** The three endings of a stream: finished, failed, left. Its last bytes leave when its row is committed. */
async function* withEnding(
  line: Line,
  exchange: Exchange<Api>,
  watcher: Watcher,
  pieces: Pieces,
): AsyncGenerator<Piece> {
  const { record, left } = exchange;
  record.facts.status = 200;
  try {
    let next = await pieces.next();
    for (; !next.done; next = await pieces.next()) {
      record.facts.bytesOut += next.value.length;
      yield next.value;
    }
    await record.end("completed");
    yield next.value;
  } catch (thrown) {
    const error = toGatewayError(thrown);
    await endFailed(line, exchange, error).catch(() => {});
    yield exchange.api.failure.event(error);
  } finally {
    // Without an ending so far, the client left; what had come to its finish reason by then is whole.
    left.abort(clientLeft);
    await pieces.return("").catch(() => {});
    settle(exchange);
    line.open.delete(exchange);
    await record.end(watcher.isFinished ? "completed" : "aborted").catch(() => {});
  }
}

/** Finds the model, says the request to the upstream and hears the head of its answer. */
async function say(line: Line, exchange: Exchange<Api>, ask: ChatAsk, queuedMs: number): Promise<Said> {
  const { facts, requestId } = exchange.record;
  const { model, thinking } = await line.catalogue.find(ask.model, ask.alias);
  const wish = thinking === null ? ask : { ...ask, thinking: ask.thinking ?? thinking };
  facts.queuedMs += queuedMs;
  facts.modelServed = model.id;
  facts.upstream = line.upstream.dialect.name;
  exchange.calledTick = line.clock.tick();
  return attempt(
    line.upstream,
    exchange.api,
    { ask: wish, model, facts, id: `chatcmpl-${requestId}` },
    line,
    exchange.left.signal,
  );
}

function pairOf({ upstream }: Line, { api }: Exchange<Api>, door: Pair["door"]): Pair {
  return { api, dialect: upstream.dialect, door };
}

/** For an API whose later requests may name this answer. */
function remember({ api, record }: Exchange<Api>, said: Piece, ask: ChatAsk): void {
  if (!api.remember) return;
  api.remember(typeof said === "string" ? said : Buffer.from(said).toString(), ask, record.facts.keyId);
}

/** Gives the place back as soon as the upstream is done with us, whatever happens to the answer then. */
function leave({ clock }: Line, { record, calledTick }: Exchange, place: Place): void {
  place.leave();
  if (calledTick > 0 && record.facts.upstreamMs === 0) record.facts.upstreamMs = clock.tick() - calledTick;
}

function note({ record }: Exchange, { tokens, isEstimated }: Count): void {
  const { facts } = record;
  facts.tokensIn = tokens.in;
  facts.tokensOut = tokens.out;
  facts.tokensCached = tokens.cached;
  facts.tokensReasoning = tokens.reasoning;
  facts.tokenSource = isEstimated ? "estimated" : "upstream";
}
