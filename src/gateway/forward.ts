import type { Api, Defaults } from "~/apis/api.ts";
import { chat } from "~/apis/openai-chat/index.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import { toGatewayError } from "~/errors.ts";
import { requireRight } from "~/keys/verify.ts";
import { streamHeaders } from "~/wire/headers.ts";
import type { Route } from "./account.ts";
import type { Door, Place } from "./admit.ts";
import type { Patiences } from "./attempt.ts";
import { type BodyLimits, readBody } from "./body.ts";
import { type Count, countStream, tellStream, tellWhole } from "./conversation.ts";
import {
  clientLeft,
  close,
  complete,
  type Desk,
  type Exchange,
  endFailed,
  identify,
  listen,
  onRecord,
  settle,
  type Visitor,
} from "./exchange.ts";
import type { Fleet } from "./fleet.ts";
import { allowsModel, type Limits } from "./limits.ts";
import type { MediaRules } from "./media.ts";
import { createWatcher, type Watcher } from "./observe.ts";
import { type Outflow, openOutflow } from "./outflow.ts";
import { reserve } from "./reserve.ts";
import { type Begun, fromFirstWord, type Piece, type Pieces, settledWithin } from "./stream.ts";
import { createTries, type Persistence, type Tries } from "./tries.ts";

/** What the line through the house is made of. */
export interface Line extends Desk {
  /** Throws while inference is paused. */
  requireRunning(): void;
  limits: Limits;
  door: Door;
  fleet: Fleet;
  persistence: Persistence;
  defaults: Defaults;
  body: BodyLimits;
  patience: Patiences;
  media: MediaRules;
  /** How long the first frame of a stream is awaited before a 200 goes out with pings. Milliseconds. */
  holdMs: number;
  pingMs: number;
}

/** The way of a request to a model: on record, known, read, admitted, said, told, and on record again. */
export function createForward(line: Line, api: Api) {
  return (request: Request, visitor: Visitor): Promise<Response> =>
    onRecord(line, request, visitor, api, async (exchange) => {
      const verified = identify(line, exchange);
      const tape = listen(line, exchange, verified);
      requireRight(verified, "inference");
      line.requireRunning();
      const body = await readBody(request, line.body);
      tape?.asked(body.sent);
      const ask = api.read(body.sent, request.headers, line.defaults, verified.keyId);
      Object.assign(exchange.record.facts, { bytesIn: body.size, modelAsked: ask.model, stream: ask.stream });
      const routes = await line.fleet.routes(ask.model, ask.alias, (names) => allowsModel(verified.key, names));
      exchange.reservation = reserve(line, verified, ask, routes[0]!.model);
      const asked = { ask, routes };
      return ask.stream ? answerStream(line, exchange, asked) : answerWhole(line, exchange, asked);
    });
}

/** A request that was read, and every way to have it answered. */
export interface Asked {
  ask: ChatAsk;
  routes: readonly Route[];
}

async function answerWhole(line: Line, exchange: Exchange<Api>, asked: Asked): Promise<Response> {
  const place = await enter(line, exchange);
  const tries = createTries(line, exchange, asked);
  try {
    const { text, count } = await tries.until((said) =>
      tellWhole(said.body, { ...said, api: exchange.api }, said.telling),
    );
    tries.over();
    place.leave();
    note(exchange, count);
    remember(exchange, text, asked.ask);
    return await complete(line, exchange, text);
  } finally {
    tries.over();
    place.leave();
  }
}

async function answerStream(line: Line, exchange: Exchange<Api>, asked: Asked): Promise<Response> {
  const { left } = exchange;
  const watcher = createWatcher(chat.own, line.clock);
  const telling = tell(line, exchange, asked, watcher);
  // Until its first frame a stream that fails still gets its real status.
  const hasBegun = await settledWithin(telling.begun, line.holdMs);
  const leave = () => left.abort(clientLeft);
  const patienceMs = Math.min(line.patience.idleMs, mostReaderMs);
  const wishes = { hasBegun, pingMs: line.pingMs, patienceMs, left, leave };
  const body = openOutflow(wishes, (outflow) => send(line, exchange, asked, telling, watcher, outflow));
  return new Response(body, { headers: { ...line.headersFor(exchange), ...streamHeaders } });
}

/** How long a client may take nothing of a stream. */
const mostReaderMs = 60_000;

/** A stream that is told: it begins with its first word, and is over when nobody pulls at it any more. */
interface Stream {
  begun: Promise<Begun>;
  /** The same, as soon as it is so: what has come then leaves in one write with the head of the answer. */
  readonly now: Begun | null;
  /** Once, however often called. */
  over(error?: unknown): void;
}

function tell(line: Line, exchange: Exchange<Api>, asked: Asked, watcher: Watcher): Stream {
  let place: Place | null = null;
  let tries: Tries | null = null;

  let now: Begun | null = null;

  async function begin(): Promise<Begun> {
    place = await enter(line, exchange);
    tries = createTries(line, exchange, asked);
    now = await tries.until((said) => {
      watcher.own = chat.own;
      return fromFirstWord(tellStream(said.body, { ...said, api: exchange.api }, said.telling, watcher), watcher);
    });
    return now;
  }

  function over(error?: unknown): void {
    tries?.over(error);
    place?.leave();
    exchange.record.facts.firstTokenTick = watcher.firstTokenTick;
    if (watcher.firstTokenTick > 0 || watcher.isFinished) note(exchange, countStream(asked.ask, watcher));
  }

  const begun = begin();
  begun.catch(over);
  return {
    begun,
    get now() {
      return now;
    },
    over,
  };
}

/** The three endings of a stream: finished, failed, left. Its last bytes leave when its row is committed. */
async function send(
  line: Line,
  exchange: Exchange<Api>,
  asked: Asked,
  stream: Stream,
  watcher: Watcher,
  outflow: Outflow,
): Promise<void> {
  const { record, left, tape } = exchange;
  record.facts.status = 200;
  let rest: Pieces | null = null;
  const write = (piece: Piece) => {
    record.facts.bytesOut += piece.length;
    tape?.told(piece);
    return outflow.write(piece);
  };
  try {
    const { held, final: known, rest: pieces } = stream.now ?? (await stream.begun);
    rest = pieces;
    for (const piece of held) {
      const taken = write(piece);
      if (taken) await taken;
    }
    let final = known;
    while (final === null) {
      left.throwIfAborted();
      const next = await pieces.next();
      if (next.done) final = next.value;
      else await write(next.value);
    }
    left.throwIfAborted();
    stream.over();
    remember(exchange, final, asked.ask);
    await record.end("completed");
    tape?.told(final);
    outflow.write(final);
  } catch (thrown) {
    stream.over(thrown);
    // What had come to its finish reason before its client left is whole.
    const isWhole = left.reason === clientLeft && watcher.isFinished;
    const error = toGatewayError(thrown);
    await (isWhole ? record.end("completed") : endFailed(line, exchange, error)).catch(() => {});
    const event = exchange.api.failure.event(error);
    if (left.reason !== clientLeft) tape?.told(event);
    outflow.write(event);
  } finally {
    tape?.over();
    await rest?.return("").catch(() => {});
    settle(exchange);
    close(line, exchange);
  }
}

async function enter(line: Line, { record, left }: Exchange): Promise<Place> {
  const place = await line.door.enter(record.facts.keyId, left.signal);
  record.facts.queuedMs += place.queuedMs;
  return place;
}

/** For an API whose later requests may name this answer. */
function remember({ api, record, tape }: Exchange<Api>, said: Piece, ask: ChatAsk): void {
  if (!api.remember) return;
  const text = typeof said === "string" ? said : Buffer.from(said).toString();
  api.remember(text, ask, record.facts.keyId, tape?.secrets());
}

function note({ record }: Exchange, { tokens, isEstimated }: Count): void {
  const { facts } = record;
  facts.tokensIn = tokens.in;
  facts.tokensOut = tokens.out;
  facts.tokensCached = tokens.cached;
  facts.tokensReasoning = tokens.reasoning;
  facts.tokenSource = isEstimated ? "estimated" : "upstream";
}
