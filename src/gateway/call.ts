import type { Clock } from "~/clock.ts";
import type { Resolve } from "~/credentials/address.ts";
import { after, type Deadline } from "~/deadlines.ts";
import { GatewayError } from "~/errors.ts";
import { type AnswerHead, createHttp, type Http, type Listener, type Running } from "~/http/connections.ts";
import type { Left } from "~/left.ts";
import type { Outgoing } from "~/upstreams/upstream.ts";
import { AnswerBody, type AnswerMeans } from "./answer-body.ts";
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
      if (left.aborted) reject(left.reason);
      else new Asking({ upstream, patience, left, proxy }, resolve, reject).begin(http, outgoing);
    });
}

interface Circumstances {
  upstream: string;
  patience: Patience;
  left: Left;
  proxy: string | null;
}

/** One call, from its request to the end of its answer, with the limits that count for it. */
class Asking implements Listener, AnswerMeans {
  readonly idleMs: number;
  running!: Running;
  #url = "";
  #answer: AnswerBody | null = null;
  #headLimit: Deadline | null = null;
  #total: Deadline | null = null;
  readonly #leave = () => this.#end(this.circumstances.left.reason);

  constructor(
    private readonly circumstances: Circumstances,
    private readonly resolve: (answer: Answer) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.idleMs = circumstances.patience.idleMs;
  }

  begin(http: Http, { method, url, headers, body }: Outgoing): void {
    const { left, patience } = this.circumstances;
    this.#url = url;
    // A stream that was compressed on the way arrives in bursts.
    const asked = { method, url, headers: { "accept-encoding": "identity", ...headers }, body };
    // Before any limit begins: a request that cannot be written throws, and has none.
    this.running = http.request(asked, this);
    const { headersMs, totalMs } = patience;
    if (totalMs !== null) this.#total = after(totalMs, () => this.#late("did not finish its answer in time"));
    // Where the whole answer may take no longer than its head, one limit is enough.
    const hasOwnLimit = totalMs === null || headersMs < totalMs;
    if (hasOwnLimit) this.#headLimit = after(headersMs, () => this.#late("did not answer in time"));
    left.addEventListener("abort", this.#leave);
  }

  head({ status, field }: AnswerHead): void {
    this.#headLimit?.cancel();
    this.#answer = new AnswerBody(field("content-encoding"), this);
    this.resolve({
      status,
      contentType: field("content-type") ?? "",
      retryAfter: field("retry-after"),
      body: this.#answer,
    });
  }

  body(bytes: Buffer): void {
    this.#answer!.add(bytes);
  }

  end(): void {
    this.over();
    this.#answer!.end();
  }

  failed(cause: unknown): void {
    this.over();
    if (this.#answer !== null) {
      this.#answer.breakOff(cause);
      return;
    }
    const { upstream, proxy } = this.circumstances;
    const code = codeOf(cause);
    const why = whyUnreachable(code, proxy);
    const { host } = new URL(this.#url);
    const message = `The upstream ${upstream} (${host}) ${why.en}`;
    const zh = `上游 ${upstream}（${host}）${why.zh}`;
    this.reject(new GatewayError("upstream_unreachable", message, { zh, cause, upstreamCode: code }));
  }

  over(): void {
    this.#headLimit?.cancel();
    this.#total?.cancel();
    this.circumstances.left.removeEventListener("abort", this.#leave);
  }

  silent(): void {
    this.#late("fell silent in the middle of its answer");
  }

  broken(cause: unknown): GatewayError {
    const message = `The upstream ${this.circumstances.upstream} broke off in the middle of its answer`;
    return new GatewayError("upstream_incomplete", message, { cause, upstreamCode: codeOf(cause) });
  }

  #late(how: string): void {
    this.#end(new GatewayError("upstream_timeout", `The upstream ${this.circumstances.upstream} ${how}`));
  }

  /** From our side. */
  #end(reason: unknown): void {
    this.over();
    this.running.hangUp();
    if (this.#answer === null) this.reject(reason);
    else this.#answer.fail(reason);
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === "string" && code !== "" ? code : String(name ?? "unknown");
}
