import { type ChatDefaults, failure, finalFrame, readAsk } from "~/apis/openai-chat/index.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import { toGatewayError } from "~/errors.ts";
import { requireRight } from "~/keys/verify.ts";
import { streamHeaders } from "~/wire/headers.ts";
import type { Door, Place } from "./admit.ts";
import { attempt, type Patiences, type Said, type Upstream } from "./attempt.ts";
import { type BodyLimits, readBody } from "./body.ts";
import type { Call } from "./call.ts";
import type { Catalogue } from "./catalogue.ts";
import { type Count, countStream, tellStream, tellWhole } from "./conversation.ts";
import {
  clientLeft,
  complete,
  type Desk,
  type Exchange,
  endFailed,
  identify,
  onRecord,
  type Visitor,
} from "./exchange.ts";
import { createWatcher, type Watcher } from "./observe.ts";
import { keepAlive, type Pieces, settledWithin } from "./stream.ts";

/** What the line through the house is made of. */
export interface Line extends Desk {
  door: Door;
  upstream: Upstream;
  catalogue: Catalogue;
  call: Call;
  defaults: ChatDefaults;
  body: BodyLimits;
  patience: Patiences;
  /** How long the first frame of a stream is awaited before a 200 goes out with pings. Milliseconds. */
  holdMs: number;
  pingMs: number;
}

/** The way of a chat completion: on record, known, read, admitted, said, told, and on record again. */
export function createForward(line: Line) {
  return (request: Request, visitor: Visitor): Promise<Response> =>
    onRecord(line, request, visitor, "chat", async (exchange) => {
      requireRight(identify(line, exchange), "inference");
      const bytes = await readBody(request, line.body);
      const ask = readAsk(bytes, request.headers, line.defaults);
      Object.assign(exchange.record.facts, { bytesIn: bytes.length, modelAsked: ask.model, stream: ask.stream });
      return ask.stream ? answerStream(line, exchange, ask) : answerWhole(line, exchange, ask);
    });
}

async function answerWhole(line: Line, exchange: Exchange, ask: ChatAsk): Promise<Response> {
  const place = await line.door.enter(exchange.left.signal);
  try {
    const { body, telling } = await say(line, exchange, ask, place.queuedMs);
    const { text, count } = await tellWhole(body, line.upstream.dialect, telling);
    note(exchange, count);
    leave(line, exchange, place);
    return await complete(line, exchange, text);
  } finally {
    leave(line, exchange, place);
  }
}

async function answerStream(line: Line, exchange: Exchange, ask: ChatAsk): Promise<Response> {
  const watcher = createWatcher(line.clock);
  const pieces = tell(line, exchange, ask, watcher);
  const first = pieces.next();
  // Until its first frame a stream that fails still gets its real status.
  await settledWithin(first, line.holdMs);
  const body = withEnding(line, exchange, watcher, keepAlive(pieces, first, line.pingMs));
  return new Response(body as unknown as BodyInit, { headers: { ...line.headersFor(exchange), ...streamHeaders } });
}

async function* tell(line: Line, exchange: Exchange, ask: ChatAsk, watcher: Watcher): Pieces {
  const place = await line.door.enter(exchange.left.signal);
  try {
    const { body, telling } = await say(line, exchange, ask, place.queuedMs);
    yield* tellStream(body, line.upstream.dialect, telling, watcher);
  } finally {
    leave(line, exchange, place);
    exchange.record.facts.firstTokenTick = watcher.firstTokenTick;
    note(exchange, countStream(ask, watcher));
  }
}

/** The three endings of a stream: finished, failed, left. Its last bytes leave when its row is committed. */
async function* withEnding(line: Line, exchange: Exchange, watcher: Watcher, pieces: Pieces): Pieces {
  const { record, left } = exchange;
  record.facts.status = 200;
  try {
    for await (const piece of pieces) {
      record.facts.bytesOut += piece.length;
      yield piece;
    }
    await record.end("completed");
    yield finalFrame;
  } catch (thrown) {
    const error = toGatewayError(thrown);
    await endFailed(line, exchange, error).catch(() => {});
    yield failure.event(error);
  } finally {
    // Without an ending so far, the client left; what had come to its finish reason by then is whole.
    left.abort(clientLeft);
    line.open.delete(exchange);
    record.end(watcher.isFinished ? "completed" : "aborted").catch(() => {});
  }
}

/** Finds the model, says the request to the upstream and hears the head of its answer. */
async function say(line: Line, exchange: Exchange, ask: ChatAsk, queuedMs: number): Promise<Said> {
  const { facts, requestId } = exchange.record;
  const { model, thinking } = await line.catalogue.find(ask.model);
  const wish = thinking === null ? ask : { ...ask, thinking: ask.thinking ?? thinking };
  facts.queuedMs += queuedMs;
  facts.modelServed = model.id;
  facts.upstream = line.upstream.dialect.name;
  exchange.calledTick = line.clock.tick();
  return attempt(line.upstream, { ask: wish, model, facts, id: `chatcmpl-${requestId}` }, line, exchange.left.signal);
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
