import { isIP } from "node:net";
import type { Clock } from "~/clock.ts";
import { hostOf, type Resolve } from "~/credentials/address.ts";
import { GatewayError } from "~/errors.ts";
import type { Outgoing } from "~/upstreams/upstream.ts";
import { whyUnreachable } from "./unreachable.ts";

/** How long an upstream may take, each counted separately. Milliseconds. */
export interface Patience {
  /** Connecting, and waiting for the answer's head. */
  headersMs: number;
  /** Silence between two pieces of a streamed answer. */
  idleMs: number;
  /** A whole answer, from the first byte sent to the last received; null where only silence counts. */
  totalMs: number | null;
}

export interface Answer {
  status: number;
  contentType: string;
  /** Seconds or a date, as the upstream said it. */
  retryAfter: string | null;
  body: AsyncIterable<Uint8Array>;
}

/** How the upstreams are reached. */
interface Ways {
  /** An HTTP proxy for every call. */
  proxy: string | null;
  /** Says at which addresses a host may be dialled, and rejects where at none; null leaves names to the runtime. */
  lookUp?: Resolve | null;
}

export type Call = (outgoing: Outgoing, upstream: string, patience: Patience, left: AbortSignal) => Promise<Answer>;

/**
 * The one place where zgate leaves the house. A call resolves with the head of the answer, whatever its status; the body
 * fails by the same rules. Throws `upstream_unreachable` or `upstream_timeout`, and the signal's reason when the client
 * left. TLS is always verified (NODE_EXTRA_CA_CERTS adds an owner's own CA).
 */
export function createCall({ proxy, lookUp = null }: Ways, clock: Pick<Clock, "tick">): Call {
  /** When each origin was last heard of. */
  const heard = new Map<string, number>();

  // A connection that lay idle may be half open by now, and the runtime would wait on it until our own limit.
  function mayReuse(origin: string): boolean {
    const last = heard.get(origin);
    return last === undefined || clock.tick() - last < freshMs;
  }

  return async (outgoing, upstream, patience, left) => {
    const { signal, late, done } = limitsOf(patience, upstream, left);
    // Where the whole answer may take no longer than its head, one limit is enough.
    const hasOwnLimit = patience.totalMs === null || patience.headersMs < patience.totalMs;
    const tooLate = late(`The upstream ${upstream} did not answer in time`);
    const timer = hasOwnLimit ? setTimeout(tooLate, patience.headersMs) : undefined;
    const { origin } = new URL(outgoing.url);
    try {
      const dialling = { signal, proxy, keepalive: mayReuse(origin) };
      const response = await (lookUp === null ? redialOnce(outgoing, dialling) : dial(outgoing, dialling, lookUp));
      heard.set(origin, clock.tick());
      const onSilence = late(`The upstream ${upstream} fell silent in the middle of its answer`);
      const reading = { upstream, idleMs: patience.idleMs, onSilence, limit: signal, done };
      return {
        status: response.status,
        contentType: response.headers.get("content-type") ?? "",
        retryAfter: response.headers.get("retry-after"),
        body: isSmallAndWhole(response, patience) ? readAtOnce(response, reading) : readBody(response, reading),
      };
    } catch (error) {
      done();
      if (signal.aborted) throw signal.reason;
      const code = codeOf(error);
      const message = `The upstream ${upstream} (${new URL(outgoing.url).host}) ${whyUnreachable(code, proxy)}`;
      throw new GatewayError("upstream_unreachable", message, { cause: error, upstreamCode: code });
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A connection that lay idle for longer is not used again. */
const freshMs = 30_000;

/** Everything that may end a call from our side, as one signal. */
function limitsOf({ totalMs }: Patience, upstream: string, left: AbortSignal) {
  const limit = new AbortController();
  const late = (message: string) => () => limit.abort(new GatewayError("upstream_timeout", message));
  const tooLong = late(`The upstream ${upstream} did not finish its answer in time`);
  const total = totalMs === null ? null : setTimeout(tooLong, totalMs);
  const giveUp = () => limit.abort(left.reason);
  if (left.aborted) giveUp();
  else left.addEventListener("abort", giveUp, { once: true });
  const done = () => {
    if (total !== null) clearTimeout(total);
    left.removeEventListener("abort", giveUp);
  };
  return { signal: limit.signal, late, done };
}

interface Dialling {
  signal: AbortSignal;
  proxy: string | null;
  /** Whose certificate is expected, where the URL holds an address in the name's place. */
  serverName?: string;
  /** Whether a connection of an earlier call will do. */
  keepalive: boolean;
}

/** Dials the very addresses that the look-up gave, in their order, until one takes the connection. */
async function dial(outgoing: Outgoing, dialling: Dialling, lookUp: Resolve): Promise<Response> {
  const { signal } = dialling;
  const host = hostOf(outgoing.url);
  const addresses = await abortable(lookUp(host), signal);
  if (isIP(host)) return redialOnce(outgoing, dialling);
  for (let at = 0; ; at++) {
    const url = new URL(outgoing.url);
    const headers = { ...outgoing.headers, host: url.host };
    url.hostname = isIP(addresses[at]!) === 6 ? `[${addresses[at]}]` : addresses[at]!;
    try {
      return await redialOnce({ ...outgoing, url: url.href, headers }, { ...dialling, serverName: host });
    } catch (error) {
      if (signal.aborted || at + 1 >= addresses.length || !isNobodyThere(error)) throw error;
    }
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  return ended;
}

// A pooled connection that the other side has closed fails before a byte comes back; such a request has not been served.
async function redialOnce(outgoing: Outgoing, dialling: Dialling): Promise<Response> {
  try {
    return await send(outgoing, dialling);
  } catch (error) {
    if (dialling.signal.aborted || !dialling.keepalive || !isStaleConnection(error)) throw error;
    return await send(outgoing, { ...dialling, keepalive: false });
  }
}

function send({ method, url, headers, body }: Outgoing, dialling: Dialling): Promise<Response> {
  const { signal, proxy, keepalive, serverName } = dialling;
  return fetch(url, {
    method,
    // A stream that was compressed on the way arrives in bursts.
    headers: { "accept-encoding": "identity", ...headers },
    body: body as BodyInit | null,
    signal,
    keepalive,
    ...(proxy !== null && { proxy }),
    ...(serverName !== undefined && { tls: { serverName } }),
    // A redirect would carry the credential to a host that nobody configured.
    redirect: "manual",
    // Bun's own limit of 300 s is shorter than a long thought; ours are above.
    timeout: false,
  } as RequestInit);
}

interface Reading {
  upstream: string;
  idleMs: number;
  onSilence: () => void;
  limit: AbortSignal;
  done: () => void;
}

/** An answer that is limited as a whole and announces a moderate size: as a stream it would cost ten times as much. */
function isSmallAndWhole(response: Response, { totalMs }: Patience): boolean {
  return totalMs !== null && Number(response.headers.get("content-length") ?? Number.NaN) <= 1024 * 1024;
}

async function* readAtOnce(response: Response, reading: Reading): AsyncGenerator<Uint8Array> {
  try {
    yield await response.bytes();
  } catch (error) {
    throw brokenOff(error, reading);
  } finally {
    reading.done();
  }
}

async function* readBody(response: Response, reading: Reading): AsyncGenerator<Uint8Array> {
  const { limit } = reading;
  let isWaiting = true;
  // While the client does not take what there is, the silence is not the upstream's.
  const idle: Timer = setTimeout(() => (isWaiting ? reading.onSilence() : idle.refresh()), reading.idleMs);
  const reader = response.body?.getReader();
  let isRead = false;
  try {
    while (reader) {
      isWaiting = true;
      idle.refresh();
      const { done, value } = await reader.read();
      isWaiting = false;
      isRead = done;
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw brokenOff(error, reading);
  } finally {
    clearTimeout(idle);
    reading.done();
    if (reader && !isRead) leaveUnread(reader, limit);
  }
}

function brokenOff(cause: unknown, { upstream, limit }: Reading): unknown {
  if (limit.aborted) return limit.reason;
  const message = `The upstream ${upstream} broke off in the middle of its answer`;
  return new GatewayError("upstream_incomplete", message, { cause, upstreamCode: codeOf(cause) });
}

/** How long a body that nobody wants any more may take to end by itself, which keeps its connection for others. */
const drainMs = 1_000;

function leaveUnread(reader: ReadableStreamDefaultReader<Uint8Array>, limit: AbortSignal): void {
  const cancel = () => void reader.cancel().catch(() => {});
  if (limit.aborted) {
    cancel();
    return;
  }
  const timer = setTimeout(cancel, drainMs);
  const drain = async () => {
    while (!(await reader.read()).done);
  };
  drain()
    .catch(() => {})
    .finally(() => clearTimeout(timer));
}

const isNobodyThere = (error: unknown): boolean =>
  /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/.test(codeOf(error));

const isStaleConnection = (error: unknown): boolean => /ECONNRESET|ConnectionClosed|EPIPE/.test(codeOf(error));

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === "string" && code !== "" ? code : String(name ?? "unknown");
}
