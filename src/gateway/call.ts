import { GatewayError } from "~/errors.ts";
import type { Outgoing } from "~/upstreams/upstream.ts";

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

export type Call = (outgoing: Outgoing, upstream: string, patience: Patience, left: AbortSignal) => Promise<Answer>;

/**
 * The one place where zgate leaves the house. Resolves with the head of the answer, whatever its status; the body fails
 * by the same rules. Throws `upstream_unreachable` or `upstream_timeout`, and the signal's reason when the client left.
 */
export const call: Call = async (outgoing, upstream, patience, left) => {
  const limit = new AbortController();
  const late = (message: string) => () => limit.abort(new GatewayError("upstream_timeout", message));
  const timer = setTimeout(late(`The upstream ${upstream} did not answer in time`), patience.headersMs);
  const total =
    patience.totalMs === null
      ? null
      : setTimeout(late(`The upstream ${upstream} did not finish its answer in time`), patience.totalMs);
  const giveUp = () => limit.abort(left.reason);
  if (left.aborted) giveUp();
  else left.addEventListener("abort", giveUp, { once: true });
  const done = () => {
    clearTimeout(timer);
    if (total !== null) clearTimeout(total);
    left.removeEventListener("abort", giveUp);
  };

  try {
    const response = await redialOnce(outgoing, limit.signal);
    clearTimeout(timer);
    const idle = late(`The upstream ${upstream} fell silent in the middle of its answer`);
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      retryAfter: response.headers.get("retry-after"),
      body: readBody(response, { upstream, idleMs: patience.idleMs, onSilence: idle, limit: limit.signal, done }),
    };
  } catch (error) {
    done();
    throw explain(error, upstream, outgoing.url, limit.signal);
  }
};

// A pooled connection that the other side has closed fails before a byte comes back; such a request has not been served.
async function redialOnce(outgoing: Outgoing, signal: AbortSignal): Promise<Response> {
  try {
    return await send(outgoing, signal, true);
  } catch (error) {
    if (signal.aborted || !isStaleConnection(error)) throw error;
    return await send(outgoing, signal, false);
  }
}

function send({ method, url, headers, body }: Outgoing, signal: AbortSignal, keepalive: boolean): Promise<Response> {
  return fetch(url, {
    method,
    // A stream that was compressed on the way arrives in bursts.
    headers: { "accept-encoding": "identity", ...headers },
    body: body as BodyInit | null,
    signal,
    keepalive,
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

async function* readBody(response: Response, reading: Reading): AsyncGenerator<Uint8Array> {
  const { upstream, limit } = reading;
  const idle = setTimeout(reading.onSilence, reading.idleMs);
  const reader = response.body?.getReader();
  let isRead = false;
  try {
    while (reader) {
      const { done, value } = await reader.read();
      isRead = done;
      if (done) return;
      idle.refresh();
      yield value;
    }
  } catch (error) {
    if (limit.aborted) throw limit.reason;
    const message = `The upstream ${upstream} broke off in the middle of its answer`;
    throw new GatewayError("upstream_incomplete", message, { cause: error, upstreamCode: codeOf(error) });
  } finally {
    clearTimeout(idle);
    reading.done();
    if (reader && !isRead) leaveUnread(reader, limit);
  }
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

function explain(error: unknown, upstream: string, url: string, limit: AbortSignal): unknown {
  if (limit.aborted) return limit.reason;
  const code = codeOf(error);
  return new GatewayError(
    "upstream_unreachable",
    `The upstream ${upstream} (${new URL(url).host}) cannot be reached: ${code}`,
    {
      cause: error,
      upstreamCode: code,
    },
  );
}

const isStaleConnection = (error: unknown): boolean => /ECONNRESET|ConnectionClosed|EPIPE/.test(codeOf(error));

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === "string" && code !== "" ? code : String(name ?? "unknown");
}
