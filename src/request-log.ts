import type { Log, LogLevel } from "~/log.ts";
import { type Arrival, type Facts, outcomes } from "~/record/record.ts";

/** As much of a record as a line tells. */
interface Told {
  requestId: string;
  arrival: Arrival;
  facts: Facts;
  outcome: number;
  endedTick: number;
}

/**
 * A line for each request that failed, and with LOG_LEVEL=debug for every one: what its row says, and never a word of
 * what was asked or answered, nor a key.
 */
export function createRequestLog(log: Log, level: LogLevel): (request: Told) => void {
  const tellsAll = level === "debug";
  return (request) => {
    if (request.outcome === outcomes.failed) log.warning("A request failed", fieldsOf(request));
    else if (tellsAll) log.debug("A request ended", fieldsOf(request));
  };
}

function fieldsOf({ requestId, arrival, facts, outcome, endedTick }: Told): Record<string, unknown> {
  return {
    requestId,
    outcome: outcomeNames[outcome],
    ...(facts.errorKind !== null && { why: facts.errorKind }),
    ...(facts.errorText !== "" && { upstreamSays: facts.errorText }),
    status: facts.status,
    method: arrival.method.slice(0, 20),
    path: arrival.path.slice(0, 200),
    ...(facts.modelServed !== "" && { model: facts.modelServed }),
    ...(facts.upstream !== "" && { upstream: facts.upstream, attempts: facts.attempts }),
    durationMs: Math.round(endedTick - arrival.acceptedTick),
    ...(facts.firstTokenTick > 0 && { firstTokenMs: Math.round(facts.firstTokenTick - arrival.acceptedTick) }),
    ...(facts.tokenSource !== "none" && { tokensIn: facts.tokensIn, tokensOut: facts.tokensOut }),
  };
}

const outcomeNames = Object.fromEntries(Object.entries(outcomes).map(([name, number]) => [number, name]));
