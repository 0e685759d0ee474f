import type { Api } from "~/apis/api.ts";
import type { Captures } from "~/capture/captures.ts";
import type { Tape } from "~/capture/tape.ts";
import type { Clock } from "~/clock.ts";
import { after, type Deadline } from "~/deadlines.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import { shownToken } from "~/keys/extract.ts";
import type { Verified } from "~/keys/verify.ts";
import { Leaving } from "~/left.ts";
import type { Log } from "~/log.ts";
import type { Recorder, RequestRecord } from "~/record/record.ts";
import { jsonHeaders } from "~/wire/headers.ts";
import type { Reservation } from "./limits.ts";
import type { Tracing } from "./tracing.ts";

/** Whose request it is, as the socket and the trusted proxies tell. */
export interface Visitor {
  address: string;
  path: string;
}

/** As much of an API as it takes to refuse in its words. */
export type Speaker = { readonly name: string; readonly failure: Api["failure"] };

/** One request and its answer, while they last. */
export interface Exchange<S extends Speaker = Speaker> {
  request: Request;
  visitor: Visitor;
  /** Whose words the answer is told in. */
  api: S;
  record: RequestRecord;
  /** Who asks; null until the key was verified. */
  verified: Verified | null;
  /** His share of his key's limits; null until it was reserved. */
  reservation: Reservation | null;
  /** Keeps what is said; null unless the key's owner wants that. */
  tape: Tape | null;
  /** Aborted when the client leaves or the house closes: whoever waits for something waits with this. */
  left: Leaving;
  /** When it is time to look whether the client is still there. */
  notice: Deadline;
  /** When the upstream was called first, on the growing clock; 0 before that. */
  calledTick: number;
  /** Whether another model answers than the one that was asked for. */
  stoodIn: boolean;
}

/** What every exchange needs of the house. */
export interface Desk {
  recorder: Recorder;
  /** Throws where an address is blocked or too fast. */
  admit(address: string): void;
  verify(headers: Headers, address: string): Verified;
  captures: Pick<Captures, "tapeFor" | "isCaptured">;
  clock: Clock;
  log: Log;
  tracing: Tracing | null;
  /** Exchanges that are still open, for the house to end when it closes. */
  open: Set<Exchange>;
  /** Headers of every answer that is on record. */
  headersFor(exchange: Exchange): Record<string, string>;
}

export const clientLeft = new GatewayError("upstream_incomplete", "The client left");

/**
 * Puts a request on record before anything can fail, and ends it on record when it did. What `answer` returns has ended
 * its record, or will before its last byte.
 */
export async function onRecord<S extends Speaker>(
  desk: Desk,
  request: Request,
  visitor: Visitor,
  api: S,
  answer: (exchange: Exchange<S>) => Promise<Response>,
): Promise<Response> {
  let exchange: Exchange<S> | null = null;
  try {
    const record = await desk.recorder.begin({
      acceptedAt: desk.clock.now(),
      acceptedTick: desk.clock.tick(),
      method: request.method,
      path: visitor.path,
      api: api.name,
      address: visitor.address,
      userAgent: request.headers.get("user-agent") ?? "",
    });
    desk.tracing?.begin(record, request.headers);
    const left = new Leaving();
    exchange = {
      request,
      visitor,
      api,
      record,
      verified: null,
      reservation: null,
      tape: null,
      left,
      notice: after(noticeMs, () => noticeLeaving(request, left)),
      calledTick: 0,
      stoodIn: false,
    };
    desk.open.add(exchange);
    desk.admit(visitor.address);
    return await answer(exchange);
  } catch (thrown) {
    return await refuse(desk, api, exchange, thrown);
  }
}

/**
 * How soon somebody looks whether a client has left. Listening from the start is a tenth of all that a short request
 * costs, and most are over by then.
 */
const noticeMs = 50;

function noticeLeaving({ signal }: Request, left: Leaving): void {
  const leave = () => left.abort(clientLeft);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
}

/** The exchange is over, but for its record. */
export function close(desk: Desk, exchange: Exchange): void {
  exchange.notice.cancel();
  desk.open.delete(exchange);
}

/** Verifies the key and writes down whose it is. Throws what `keys` throws. */
export function identify(desk: Desk, exchange: Exchange): Verified {
  const verified = desk.verify(exchange.request.headers, exchange.visitor.address);
  exchange.verified = verified;
  Object.assign(exchange.record.facts, { keyId: verified.keyId, secretId: verified.secretId });
  return verified;
}

/** Keeps what is said from here on, where the key's owner wants that. */
export function listen(desk: Desk, exchange: Exchange, { key }: Verified): Tape | null {
  const tape = desk.captures.tapeFor(key, exchange.record.id);
  tape?.hide(shownToken(exchange.request.headers));
  exchange.tape = tape;
  return tape;
}

/** Counts what an exchange used against its key's limits, or gives back what was reserved. Once, however often called. */
export function settle({ reservation, record: { facts } }: Exchange): void {
  const { modelServed: model, tokensIn, tokensCached, tokensOut } = facts;
  if (facts.tokenSource === "none") reservation?.release();
  else reservation?.settle({ model, tokensIn, tokensCached, tokensOut });
}

/** A whole answer, on record before it leaves. */
export async function complete(desk: Desk, exchange: Exchange, text: string): Promise<Response> {
  const { facts } = exchange.record;
  facts.status = 200;
  facts.bytesOut = Buffer.byteLength(text);
  settle(exchange);
  await exchange.record.end("completed");
  close(desk, exchange);
  exchange.tape?.told(text);
  exchange.tape?.over();
  return new Response(text, { headers: { ...desk.headersFor(exchange), ...jsonHeaders } });
}

/** A failure before the first byte: a real status in the client's own words, on record before it leaves. */
async function refuse(desk: Desk, { failure }: Speaker, exchange: Exchange | null, thrown: unknown): Promise<Response> {
  let error = toGatewayError(thrown);
  let body = failure.body(error);
  if (exchange) {
    close(desk, exchange);
    settle(exchange);
    if (exchange.left.signal.reason !== clientLeft) exchange.record.facts.bytesOut = Buffer.byteLength(body);
    await endFailed(desk, exchange, error).catch((unwritten: unknown) => {
      error = toGatewayError(unwritten);
      body = failure.body(error);
    });
  }
  exchange?.tape?.told(body);
  exchange?.tape?.over();
  return new Response(body, {
    status: error.status,
    headers: { ...(exchange && desk.headersFor(exchange)), ...error.answerHeaders, ...jsonHeaders },
  });
}

/** Ends a record whose answer did not come to its end: left, rejected or failed. */
export async function endFailed(desk: Desk, { record, left }: Exchange, error: GatewayError): Promise<void> {
  if (left.signal.reason === clientLeft) {
    // Nobody reads this status; 499 is what nginx made the custom.
    record.facts.status = 499;
    return record.end("aborted");
  }
  if (error.kind === "internal_error") {
    desk.log.error("A request failed inside zgate", { requestId: record.requestId, cause: withoutQuotes(error.cause) });
  }
  record.facts.status = error.status;
  return record.end(error.fault === "caller" || error.fault === "policy" ? "rejected" : "failed", error);
}

/** A SyntaxError quotes what it could not read, which may be an answer's or a question's words: only its place is told. */
function withoutQuotes(cause: unknown): unknown {
  if (!(cause instanceof SyntaxError)) return cause;
  const places = (cause.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return ["SyntaxError", ...places].join("\n");
}
