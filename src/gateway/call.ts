import type { Clock } from "~/clock.ts";
import type { Resolve } from "~/credentials/address.ts";
import { after } from "~/deadlines.ts";
import { GatewayError } from "~/errors.ts";
import { type AnswerHead, createHttp, type Http } from "~/http/connections.ts";
import type { Left } from "~/left.ts";
import type { Outgoing } from "~/upstreams/upstream.ts";
import { AnswerBody } from "./answer-body.ts";
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
  body: AnswerBody;
}

/** How the upstreams are reached. */
interface Ways {
  /** An HTTP proxy for every call. */
  proxy: string | null;
  /** Says at which addresses a host may be dialled, and rejects where at none; null leaves names to the runtime. */
  lookUp?: Resolve | null;
}

export type Call = (outgoing: Outgoing, upstream: string, patience: Patience, left: Left) => Promise<Answer>;

/**
 * The one place where zgate leaves the house. A call resolves with the head of the answer, whatever its status; the body
 * fails by the same rules. Throws `upstream_unreachable` or `upstream_timeout`, and the signal's reason when the client
 * left. TLS is always verified (NODE_EXTRA_CA_CERTS adds an owner's own CA). Redirects are not followed: one would carry
 * the credential to a host that nobody configured.
 */
export function createCall({ proxy, lookUp = null }: Ways, clock: Pick<Clock, "tick">): Call {
  const http = createHttp({ proxy, lookUp }, clock.tick);
  return (outgoing, upstream, patience, left) =>
    new Promise((resolve, reject) => {
      if (left.aborted) {
        reject(left.reason);
        return;
      }
      call(http, outgoing, { upstream, patience, left, proxy }, resolve, reject);
    });
}

interface Circumstances {
  upstream: string;
  patience: Patience;
  left: Left;
  proxy: string | null;
}

function call(
  http: Http,
  { method, url, headers, body }: Outgoing,
  { upstream, patience, left, proxy }: Circumstances,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): void {
  let answer: AnswerBody | null = null;
  // A stream that was compressed on the way arrives in bursts.
  const asked = { method, url, headers: { "accept-encoding": "identity", ...headers }, body };
  // Before any limit begins: a request that cannot be written throws, and has none.
  const running = http.request(asked, { head, body: (bytes) => answer!.add(bytes), end: ended, failed });

  const late = (how: string) => () => end(new GatewayError("upstream_timeout", `The upstream ${upstream} ${how}`));
  const total = patience.totalMs === null ? null : after(patience.totalMs, late("did not finish its answer in time"));
  // Where the whole answer may take no longer than its head, one limit is enough.
  const hasOwnLimit = patience.totalMs === null || patience.headersMs < patience.totalMs;
  const headLimit = hasOwnLimit ? after(patience.headersMs, late("did not answer in time")) : null;
  const leave = () => end(left.reason);
  left.addEventListener("abort", leave);

  /** Nothing of the call's limits counts any more. */
  function over(): void {
    headLimit?.cancel();
    total?.cancel();
    left.removeEventListener("abort", leave);
  }

  /** From our side. */
  function end(reason: unknown): void {
    over();
    running.hangUp();
    fail(reason);
  }

  function fail(error: unknown): void {
    if (answer === null) reject(error);
    else answer.fail(error);
  }

  function head({ status, field }: AnswerHead): void {
    headLimit?.cancel();
    answer = new AnswerBody(field("content-encoding"), {
      running,
      idleMs: patience.idleMs,
      over,
      silent: late("fell silent in the middle of its answer"),
      broken: (cause) => {
        const message = `The upstream ${upstream} broke off in the middle of its answer`;
        return new GatewayError("upstream_incomplete", message, { cause, upstreamCode: codeOf(cause) });
      },
    });
    resolve({
      status,
      contentType: field("content-type") ?? "",
      retryAfter: field("retry-after"),
      body: answer,
    });
  }

  function ended(): void {
    over();
    answer!.end();
  }

  function failed(cause: unknown): void {
    over();
    if (answer !== null) {
      answer.breakOff(cause);
      return;
    }
    const code = codeOf(cause);
    const why = whyUnreachable(code, proxy);
    const { host } = new URL(url);
    const message = `The upstream ${upstream} (${host}) ${why.en}`;
    const zh = `上游 ${upstream}（${host}）${why.zh}`;
    reject(new GatewayError("upstream_unreachable", message, { zh, cause, upstreamCode: code }));
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === "string" && code !== "" ? code : String(name ?? "unknown");
}
