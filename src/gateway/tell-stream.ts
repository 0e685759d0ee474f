import type { Api, OwnWords } from "~/apis/api.ts";
import { maxLineChars } from "~/chat/chunk.ts";
import { Joined } from "~/chat/joined.ts";
import { demandsCall } from "~/chat/tools.ts";
import { estimatedUsage } from "~/chat/usage.ts";
import type { GatewayError } from "~/errors.ts";
import { wrongEnd } from "~/upstreams/finish.ts";
import type { Telling } from "~/upstreams/upstream.ts";
import type { Outlet, Piece, Sink } from "~/wire/sink.ts";
import { readEvents, type SseEvent, writeEvent } from "~/wire/sse.ts";
import { countStream } from "./counting.ts";
import type { Watcher } from "./observe.ts";
import { closedEarly, inStream, mended, type Pair, translationOf } from "./pair.ts";
import { passBytes } from "./pass.ts";
import { Saying, type Steps } from "./saying.ts";

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
    const joined = new Joined(teller);
    const events = readEvents(door.stream(watchHouse(joined, telling, watcher), telling));
    // What came before a failure is told before it.
    const thenRest = (step: () => void) => {
      try {
        step();
      } finally {
        joined.rest();
      }
    };
    return {
      take: (read) => thenRest(() => events.take(read)),
      end: () => thenRest(() => events.end()),
      breakOff: teller.breakOff,
    };
  }
  const whole = onlyWhole(outlet, api, telling, watcher);
  const teller = tellOwn(whole, api.own, watcher, telling);
  return { ...readEvents(door.stream(watch(teller, watcher), telling)), breakOff: whole.breakOff };
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

function usageChunk({ id, created, ask }: Telling, watcher: Watcher): SseEvent {
  const { tokens } = countStream(ask, watcher);
  const frame = { id, object: "chat.completion.chunk", created, model: ask.model };
  return { data: JSON.stringify({ ...frame, ...watcher.frame, choices: [], usage: estimatedUsage(tokens) }) };
}
