import type { CallFacts, TracedAttempt, Tracing } from "~/gateway/tracing.ts";
import { type Arrival, type Facts, outcomes, type RequestRecord } from "~/record/record.ts";
import { newSpanId, newTraceId, readTraceparent, type TraceContext, writeTraceparent } from "./context.ts";
import type { Span } from "./otlp.ts";

/** `ignore` what clients say of their traces, `accept` it, or `pass-on` to the upstream as well. */
export const traceContexts = ["ignore", "accept", "pass-on"] as const;
export type TraceContexts = (typeof traceContexts)[number];

/** As much of an ended record as a span tells. */
export interface EndedRecord extends RequestRecord {
  outcome: number;
  endedTick: number;
  /** Whether it has no row of its own, and so no span either: strangers do not fill the collector. */
  isShared: boolean;
}

/** One span for each request, and one below it for each call that it took. */
export function createTracing(contexts: TraceContexts, add: (span: Span) => void) {
  const traces = new WeakMap<RequestRecord, Trace>();

  return {
    begin(record, headers) {
      const parent = contexts === "ignore" ? null : readTraceparent(headers.get("traceparent"));
      const { traceId = newTraceId(), isSampled = true } = parent ?? {};
      traces.set(record, { traceId, spanId: newSpanId(), parentId: parent?.spanId ?? null, isSampled, calls: [] });
    },

    attempt(record, startTick): TracedAttempt {
      const trace = traces.get(record);
      const spanId = newSpanId();
      const isTold = contexts === "pass-on" && trace !== undefined;
      return {
        headers: isTold ? { traceparent: writeTraceparent({ ...trace, spanId }) } : {},
        end(call, endTick) {
          trace?.calls.push({ spanId, startTick, endTick, call });
        },
      };
    },

    /** Hears of a request whose row is on the disk. */
    ended(record: EndedRecord) {
      const trace = traces.get(record);
      if (trace === undefined || !trace.isSampled || record.isShared) return;
      add(requestSpan(record, trace));
      for (const [at, call] of trace.calls.entries()) add(callSpan(record.arrival, trace, call, at + 1));
    },
  } satisfies Tracing & { ended(record: EndedRecord): void };
}

interface Trace extends TraceContext {
  parentId: string | null;
  calls: TracedCall[];
}

interface TracedCall {
  spanId: string;
  startTick: number;
  endTick: number;
  call: CallFacts;
}

/** Names as OpenTelemetry has them for HTTP and for generative models; what it has no name for is `zgate.…`. */
function requestSpan({ requestId, arrival, facts, outcome, endedTick }: EndedRecord, trace: Trace): Span {
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentId: trace.parentId,
    name: nameOf(arrival),
    kind: "server",
    startMs: arrival.acceptedAt,
    endMs: momentOf(arrival, endedTick),
    error: outcome === outcomes.failed ? (facts.errorKind ?? "failed") : null,
    attributes: {
      "http.request.method": arrival.method.slice(0, 20),
      "url.path": arrival.path.slice(0, 200),
      "http.response.status_code": facts.status || null,
      "client.address": arrival.address || null,
      "user_agent.original": arrival.userAgent.slice(0, 200) || null,
      "error.type": facts.errorKind,
      ...modelAttributes(arrival, facts),
      "zgate.request_id": requestId,
      "zgate.outcome": outcomeNames[outcome] ?? null,
      "zgate.key_id": facts.keyId || null,
      "zgate.stream": facts.modelAsked === "" ? null : facts.stream,
      "zgate.attempts": facts.attempts,
      "zgate.queued_ms": facts.queuedMs,
      "zgate.first_token_ms": facts.firstTokenTick > 0 ? facts.firstTokenTick - arrival.acceptedTick : null,
    },
  };
}

function modelAttributes({ api }: Arrival, facts: Facts): Span["attributes"] {
  if (facts.modelAsked === "") return {};
  const isCounted = facts.tokenSource !== "none";
  return {
    "gen_ai.operation.name": operations[api] ?? "chat",
    "gen_ai.request.model": facts.modelAsked.slice(0, 200),
    "gen_ai.response.model": facts.modelServed || null,
    "gen_ai.usage.input_tokens": isCounted ? facts.tokensIn : null,
    "gen_ai.usage.output_tokens": isCounted ? facts.tokensOut : null,
    "zgate.tokens_cached": isCounted ? facts.tokensCached : null,
    "zgate.tokens_reasoning": isCounted ? facts.tokensReasoning : null,
    "zgate.tokens_estimated": isCounted ? facts.tokenSource === "estimated" : null,
  };
}

function callSpan(
  arrival: Arrival,
  trace: Trace,
  { spanId, startTick, endTick, call }: TracedCall,
  number: number,
): Span {
  return {
    traceId: trace.traceId,
    spanId,
    parentId: trace.spanId,
    name: `call ${call.upstream}`,
    kind: "client",
    startMs: momentOf(arrival, startTick),
    endMs: momentOf(arrival, endTick),
    error: call.errorKind,
    attributes: {
      "http.response.status_code": call.status,
      "error.type": call.errorKind,
      "gen_ai.request.model": call.model,
      "zgate.upstream": call.upstream,
      "zgate.upstream_error": call.errorText,
      "zgate.attempt": number,
    },
  };
}

const operations: Record<string, string> = { completions: "text_completion", embeddings: "embeddings" };
const outcomeNames = Object.fromEntries(Object.entries(outcomes).map(([name, number]) => [number, name]));

/** A name that many requests share: where a path may hold anything, it is left out. */
function nameOf({ method, path, api }: Arrival): string {
  const verb = /^[A-Z]{1,10}$/.test(method) ? method : "HTTP";
  return api === "none" ? verb : `${verb} ${path.replace(/\/models\/.*/, "/models/{model}").slice(0, 100)}`;
}

/** A tick of the growing clock as a moment. */
function momentOf({ acceptedAt, acceptedTick }: Arrival, tick: number): number {
  return acceptedAt + tick - acceptedTick;
}
