/** OTLP as JSON. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */

/** One stretch of work in a trace. */
export interface Span {
  traceId: string;
  spanId: string;
  /** Null: the trace begins here. */
  parentId: string | null;
  name: string;
  kind: "server" | "client";
  /** Milliseconds since 1970, with what is known of their fractions. */
  startMs: number;
  endMs: number;
  /** The error's kind; null where it ended well, or where the caller is to blame. */
  error: string | null;
  attributes: Attributes;
}

/** What has no value is left out. */
export type Attributes = Record<string, string | number | boolean | null>;

/** A span as the JSON that stands in a batch. */
export function writeSpan({ traceId, spanId, parentId, name, kind, startMs, endMs, error, attributes }: Span): string {
  return JSON.stringify({
    traceId,
    spanId,
    ...(parentId !== null && { parentSpanId: parentId }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(Math.max(startMs, endMs)),
    attributes: written(attributes),
    ...(error !== null && { status: { code: statusError, message: error } }),
  });
}

/** A batch of written spans as the body of a request. */
export function writeBatch(spans: readonly string[], resource: Attributes): string {
  const head = JSON.stringify({ attributes: written(resource) });
  return `{"resourceSpans":[{"resource":${head},"scopeSpans":[{"scope":{"name":"zgate"},"spans":[${spans.join(",")}]}]}]}`;
}

const kinds = { server: 2, client: 3 };
const statusError = 2;

function written(attributes: Attributes): { key: string; value: object }[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value === null ? [] : [{ key, value: typed(value) }]));
}

function typed(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** As text: nanoseconds since 1970 are more than a number can hold exactly. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}
