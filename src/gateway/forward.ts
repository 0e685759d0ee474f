import type { Api, Defaults } from "~/apis/api.ts";
import { chat } from "~/apis/openai-chat/index.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import { requireRight } from "~/keys/verify.ts";
import { streamHeaders } from "~/wire/headers.ts";
import type { Route } from "./account.ts";
import type { Door } from "./admit.ts";
import type { Patiences } from "./attempt.ts";
import { type BodyLimits, readBody } from "./body.ts";
import {
  clientLeft,
  complete,
  type Desk,
  type Exchange,
  identify,
  listen,
  onRecord,
  type Visitor,
} from "./exchange.ts";
import type { Fleet } from "./fleet.ts";
import { allowsModel, type Limits } from "./limits.ts";
import type { MediaRules } from "./media.ts";
import { enter, note, remember } from "./notes.ts";
import { Watcher } from "./observe.ts";
import { openOutflow } from "./outflow.ts";
import { reserve } from "./reserve.ts";
import { settledWithin } from "./stream.ts";
import { send, tell } from "./streamed.ts";
import { tellWhole } from "./tell-whole.ts";
import { type Persistence, Tries } from "./tries.ts";

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
  const tries = new Tries(line, exchange, asked);
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
  const watcher = new Watcher(chat.own, line.clock);
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
