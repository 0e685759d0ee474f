import type { Api } from "~/apis/api.ts";
import { toGatewayError } from "~/errors.ts";
import type { Piece } from "~/wire/sink.ts";
import type { Place } from "./admit.ts";
import { countStream } from "./counting.ts";
import { clientLeft, close, type Exchange, endFailed, settle } from "./exchange.ts";
import type { Asked, Line } from "./forward.ts";
import { enter, note, remember } from "./notes.ts";
import type { Watcher } from "./observe.ts";
import type { Outflow } from "./outflow.ts";
import type { Saying } from "./saying.ts";
import { type Begun, fromFirstWord } from "./stream.ts";
import { tellStream } from "./tell-stream.ts";
import { Tries } from "./tries.ts";

/** A stream that is told: it begins with its first word, and is over when nobody pulls at it any more. */
export interface Stream {
  begun: Promise<Begun>;
  /** The same, as soon as it is so: what has come then leaves in one write with the head of the answer. */
  readonly now: Begun | null;
  /** Once, however often called. */
  over(error?: unknown): void;
}

/** Asks for a stream, until one is worth telling. */
export function tell(line: Line, exchange: Exchange<Api>, asked: Asked, watcher: Watcher): Stream {
  let place: Place | null = null;
  let tries: Tries | null = null;
  let now: Begun | null = null;

  async function begin(): Promise<Begun> {
    place = await enter(line, exchange);
    tries = new Tries(line, exchange, asked);
    now = await tries.until((said) => {
      watcher.begin();
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
export async function send(
  line: Line,
  exchange: Exchange<Api>,
  asked: Asked,
  stream: Stream,
  watcher: Watcher,
  outflow: Outflow,
): Promise<void> {
  const { record, left, tape } = exchange;
  record.facts.status = 200;
  let saying: Saying | null = null;
  const write = (piece: Piece) => {
    record.facts.bytesOut += sizeOf(piece);
    tape?.told(piece);
    return outflow.write(piece);
  };
  try {
    const begun = stream.now ?? (await stream.begun);
    saying = begun.saying;
    for (const piece of begun.held) {
      const taken = write(piece);
      if (taken) await taken;
    }
    while (saying.final === null) {
      left.throwIfAborted();
      const piece = await saying.next();
      const taken = piece && write(piece);
      if (taken) await taken;
    }
    const { final } = saying;
    left.throwIfAborted();
    stream.over();
    record.facts.bytesOut += sizeOf(final);
    remember(exchange, final, asked.ask);
    await record.end("completed");
    tape?.told(final);
    outflow.write(final);
  } catch (thrown) {
    stream.over(thrown);
    // What had come to its finish reason before its client left is whole.
    const isWhole = left.reason === clientLeft && watcher.isFinished;
    const error = toGatewayError(thrown);
    const event = exchange.api.failure.event(error);
    if (left.reason !== clientLeft) record.facts.bytesOut += sizeOf(event);
    await (isWhole ? record.end("completed") : endFailed(line, exchange, error)).catch(() => {});
    if (left.reason !== clientLeft) tape?.told(event);
    outflow.write(event);
  } finally {
    tape?.over();
    saying?.leave();
    settle(exchange);
    close(line, exchange);
  }
}

const sizeOf = (piece: Piece): number => (typeof piece === "string" ? Buffer.byteLength(piece) : piece.length);
