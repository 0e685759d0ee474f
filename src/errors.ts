/** Who has to act: the caller, the owner's own rules, the upstream, or zgate itself. */
export type Fault = "caller" | "policy" | "upstream" | "gateway";

/**
 * Every way a request can fail: the closed vocabulary of the `error_kind` column, of the metrics and of the docs.
 * Each API folder turns a kind into its own client's words; the status is the same for all of them.
 * The numbers are what the database stores, so they never change and are never used again.
 */
export const errorKinds = {
  // The caller's request or key is at fault.
  invalid_json: { code: 1, fault: "caller", status: 400 },
  invalid_request: { code: 2, fault: "caller", status: 400 },
  missing_key: { code: 3, fault: "caller", status: 401 },
  wrong_scheme: { code: 4, fault: "caller", status: 401 },
  unknown_key: { code: 5, fault: "caller", status: 401 },
  expired_key: { code: 6, fault: "caller", status: 401 },
  revoked_key: { code: 7, fault: "caller", status: 401 },
  conflicting_keys: { code: 8, fault: "caller", status: 401 },
  not_found: { code: 9, fault: "caller", status: 404 },
  method_not_allowed: { code: 10, fault: "caller", status: 405 },
  model_not_found: { code: 11, fault: "caller", status: 404 },
  too_large: { code: 12, fault: "caller", status: 413 },
  unsupported_encoding: { code: 13, fault: "caller", status: 415 },
  context_length_exceeded: { code: 14, fault: "caller", status: 400 },
  content_filter: { code: 15, fault: "caller", status: 400 },
  model_not_multimodal: { code: 16, fault: "caller", status: 400 },
  multimodal_not_allowed: { code: 17, fault: "caller", status: 400 },
  body_timeout: { code: 18, fault: "caller", status: 408 },
  not_supported: { code: 19, fault: "caller", status: 501 },
  conflict: { code: 20, fault: "caller", status: 409 },
  previous_response_not_found: { code: 21, fault: "caller", status: 400 },

  // The owner's rules say no.
  forbidden: { code: 30, fault: "policy", status: 403 },
  disabled_key: { code: 31, fault: "policy", status: 401 },
  model_not_allowed: { code: 32, fault: "policy", status: 403 },
  address_not_allowed: { code: 33, fault: "policy", status: 403 },
  rate_limited: { code: 34, fault: "policy", status: 429 },
  budget_used_up: { code: 35, fault: "policy", status: 429 },
  too_many_requests: { code: 36, fault: "policy", status: 429 },
  paused: { code: 37, fault: "policy", status: 503 },

  // The upstream failed, refused or fell silent.
  upstream_unreachable: { code: 50, fault: "upstream", status: 502 },
  upstream_error: { code: 51, fault: "upstream", status: 502 },
  upstream_incomplete: { code: 52, fault: "upstream", status: 502 },
  upstream_auth_failed: { code: 53, fault: "upstream", status: 502 },
  upstream_account: { code: 54, fault: "upstream", status: 502 },
  upstream_challenge: { code: 55, fault: "upstream", status: 502 },
  upstream_client_outdated: { code: 56, fault: "upstream", status: 502 },
  upstream_rate_limited: { code: 57, fault: "upstream", status: 429 },
  insufficient_quota: { code: 58, fault: "upstream", status: 429 },
  upstream_overloaded: { code: 59, fault: "upstream", status: 503 },
  upstream_timeout: { code: 60, fault: "upstream", status: 504 },
  model_not_available: { code: 61, fault: "upstream", status: 403 },

  // zgate itself failed.
  internal_error: { code: 80, fault: "gateway", status: 500 },
  storage_unavailable: { code: 81, fault: "gateway", status: 503 },
  shutting_down: { code: 82, fault: "gateway", status: 503 },
} as const satisfies Record<string, { code: number; fault: Fault; status: number }>;

export type ErrorKind = keyof typeof errorKinds;

const usedUp: readonly ErrorKind[] = ["budget_used_up", "insufficient_quota"];

interface Details {
  /** The same in Chinese, where a page may say it. */
  zh?: string;
  /** The field at fault, as a path: `messages[2].content[1]`. */
  param?: string;
  /** What the upstream called it: `1302`, `MODEL_CONCURRENCY_LIMIT`, `HTTP 500`. */
  upstreamCode?: string;
  /** When trying again makes sense. */
  retryAfterMs?: number;
  /** Headers that belong to this refusal: `Allow`, `x-ratelimit-…`. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** What the client should learn. The message is for strangers: no secret, path, SQL or stack is ever in it. */
export class GatewayError extends Error {
  readonly zh: string;
  readonly param: string | null;
  readonly upstreamCode: string | null;
  readonly retryAfterMs: number | null;
  readonly headers: Record<string, string>;

  constructor(
    readonly kind: ErrorKind,
    message: string,
    details: Details = {},
  ) {
    super(message, { cause: details.cause });
    this.name = "GatewayError";
    this.zh = details.zh ?? message;
    this.param = details.param ?? null;
    this.upstreamCode = details.upstreamCode ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.headers = details.headers ?? {};
  }

  get status(): number {
    return errorKinds[this.kind].status;
  }

  get fault(): Fault {
    return errorKinds[this.kind].fault;
  }

  /** Its own headers, and what tells a client's SDK when to try again, and whether at all. */
  get answerHeaders(): Record<string, string> {
    const headers = { ...this.headers };
    if (this.retryAfterMs !== null) headers["retry-after"] = `${Math.max(1, Math.ceil(this.retryAfterMs / 1000))}`;
    // OpenAI's and Anthropic's would ask twice more at once, for what comes back tomorrow.
    if (usedUp.includes(this.kind)) headers["x-should-retry"] = "false";
    return headers;
  }
}

/** Anything thrown, as what a stranger may read: an error that nobody foresaw keeps its words for the log. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError("internal_error", "Internal error", { zh: "内部错误", cause: thrown });
}

/** Why zgate does not start: one sentence for the person at the terminal, who reads it without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** The same in Chinese, where somebody wrote it. */
  readonly zh: string;

  constructor(message: string, { zh = message, cause }: { zh?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.zh = zh;
  }
}
