import type { ErrorKind } from "~/errors.ts";
import type { RequestRecord } from "~/record/record.ts";

/** Follows requests for a collector that the owner has named; null where he has named none. */
export interface Tracing {
  /** A request has arrived. */
  begin(record: RequestRecord, headers: Headers): void;
  /** One of its calls begins. */
  attempt(record: RequestRecord, startTick: number): TracedAttempt;
}

export interface TracedAttempt {
  /** What the upstream is told, so that its trace and ours are one; empty unless the owner wants that. */
  headers: Record<string, string>;
  end(call: CallFacts, endTick: number): void;
}

export interface CallFacts {
  upstream: string;
  model: string;
  /** HTTP; null where no head came. */
  status: number | null;
  errorKind: ErrorKind | null;
  /** What the upstream called its error. */
  errorText: string | null;
}
