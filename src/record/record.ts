import type { ErrorKind, GatewayError } from "~/errors.ts";

/** How a request ended. The numbers are what the database stores. */
export const outcomes = { running: 0, completed: 1, failed: 2, aborted: 3, rejected: 4, lost: 5 } as const;
export type Outcome = keyof typeof outcomes;
export type Ending = Exclude<Outcome, "running" | "lost">;

/** Where token counts come from. */
export const tokenSources = { none: 0, upstream: 1, estimated: 2 } as const;
export type TokenSource = keyof typeof tokenSources;

/** What is known of a request the moment it arrives. */
export interface Arrival {
  /** Milliseconds since 1970, UTC. */
  acceptedAt: number;
  /** The same moment on the growing clock, for durations. */
  acceptedTick: number;
  method: string;
  path: string;
  /** The API asked for: `chat`, `models`, `none` for a path that is not ours. */
  api: string;
  address: string;
  userAgent: string;
  /** What the client calls its request (`X-Request-Id`), where it says so. */
  clientRequestId?: string;
}

/** What is learnt of a request along the way; whoever learns it writes it down here. */
export interface Facts {
  keyId: number;
  secretId: number;
  modelAsked: string;
  modelServed: string;
  upstream: string;
  credential: string;
  stream: boolean;
  status: number;
  errorKind: ErrorKind | null;
  /** What the upstream called its error; capped. */
  errorText: string;
  attempts: number;
  /** Ticks, not durations: the recorder subtracts. 0 where it never came to that. */
  upstreamHeadersTick: number;
  firstTokenTick: number;
  /** Milliseconds spent waiting in zgate's own queues. */
  queuedMs: number;
  /** Milliseconds spent waiting for the upstream; what is left of the duration is zgate's own overhead. */
  upstreamMs: number;
  tokensIn: number;
  tokensOut: number;
  tokensCached: number;
  tokensReasoning: number;
  tokenSource: TokenSource;
  bytesIn: number;
  bytesOut: number;
}

/** One request on record, from `begin` to its first `end`. */
export interface RequestRecord {
  readonly id: number;
  /** The id as text: the `X-Request-Id` that the client sees. */
  readonly requestId: string;
  readonly arrival: Arrival;
  readonly facts: Facts;
  /**
   * Ends the record. Resolves when the row is committed; only then may the answer's last byte leave.
   * The first ending wins: a later call changes nothing and resolves with the first one.
   * Rejects with GatewayError `storage_unavailable` where the row could not be written.
   */
  end(outcome: Ending, error?: GatewayError): Promise<void>;
}

/** The recorder: alone in writing requests. */
export interface Recorder {
  /**
   * Puts a request on record as `running` before anything can fail. Resolves at once, or, while the queue is full, when
   * there is a place for its end as well. Rejects with `storage_unavailable` while storage fails.
   */
  begin(arrival: Arrival): Promise<RequestRecord>;
}

/** What is known of a request before anything is: the recorder's start of every record. */
export function blankFacts(): Facts {
  return {
    keyId: 0,
    secretId: 0,
    modelAsked: "",
    modelServed: "",
    upstream: "",
    credential: "",
    stream: false,
    status: 0,
    errorKind: null,
    errorText: "",
    attempts: 0,
    upstreamHeadersTick: 0,
    firstTokenTick: 0,
    queuedMs: 0,
    upstreamMs: 0,
    tokensIn: 0,
    tokensOut: 0,
    tokensCached: 0,
    tokensReasoning: 0,
    tokenSource: "none",
    bytesIn: 0,
    bytesOut: 0,
  };
}
