import type { Settings } from "~/config.ts";
import type { Call } from "~/gateway/call.ts";
import type { Family } from "~/metrics/text.ts";
import { version } from "~/version.ts";
import { createExporter } from "./exporter.ts";
import { createTracing } from "./tracing.ts";

export type Traces = ReturnType<typeof openTraces>;

/** Traces of every request, for the collector that the owner has named. */
export function openTraces(
  { serviceName, traceContext, otlpHeaders }: Pick<Settings, "serviceName" | "traceContext" | "otlpHeaders">,
  endpoint: string,
  call: Call,
  log: { warn(text: string): void; info(text: string): void },
) {
  const resource = { "service.name": serviceName, "service.version": version };
  const exporter = createExporter({ send: sendTo(endpoint, otlpHeaders ?? {}, call), resource, log });
  return {
    ...createTracing(traceContext, exporter.add),
    families: (): Family[] => [
      {
        name: "zgate_trace_spans_dropped_total",
        help: "Spans that the collector never got: it was slow or away for long, or refused them.",
        type: "counter",
        samples: [{ value: exporter.dropped() }],
      },
    ],
    close: exporter.close,
  };
}

function sendTo(endpoint: string, more: Record<string, string>, call: Call) {
  const url = endpoint.endsWith("/v1/traces") ? endpoint : `${endpoint}/v1/traces`;
  const headers = { ...more, "content-type": "application/json", "user-agent": `zgate/${version}` };
  const patience = { headersMs: 10_000, idleMs: 10_000, totalMs: 10_000 };
  return async (body: string): Promise<number> => {
    const answer = await call(
      { method: "POST", url, headers, body },
      "trace collector",
      patience,
      new AbortController().signal,
    );
    for await (const _ of answer.body) {
      // Read to its end, so that the connection can be used again.
    }
    return answer.status;
  };
}
