import { GatewayError } from "~/errors.ts";
import { startSchemaWorker } from "~/workers.ts";

/** What is wrong with a value; null where nothing is. Throws `invalid_request` for a schema that cannot be used. */
export type CheckSchema = (schema: unknown, value: unknown) => Promise<Problem[] | null>;

export interface Problem {
  /** Where in the value: `#/port`. */
  at: string;
  /** The rule that is broken: `required`, `type`. */
  keyword: string;
  says: string;
}

export interface Schemas {
  check: CheckSchema;
  close(): void;
}

export interface CheckAsked {
  id: number;
  schema: unknown;
  value: unknown;
}

export type CheckReplied = { id: number; problems: Problem[] | null } | { id: number; error: string };

/** The thread starts with the first schema. A check that takes longer than `limitMs` is ended together with it. */
export function createSchemas(limitMs = 2_000, startWorker = startSchemaWorker): Schemas {
  const waiting = new Map<number, PromiseWithResolvers<Problem[] | null>>();
  let worker: Worker | null = null;
  let lastId = 0;

  function start(): Worker {
    const started = startWorker();
    started.onmessage = ({ data }: MessageEvent<CheckReplied>) => {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ("problems" in data) asked?.resolve(data.problems);
      else asked?.reject(unusable("cannot be used", data.error));
    };
    started.onerror = (event) => {
      event.preventDefault();
      if (started === worker) end(unusable("cannot be used", event.message));
    };
    return started;
  }

  function end(error: GatewayError): void {
    worker?.terminate();
    worker = null;
    for (const asked of waiting.values()) asked.reject(error);
    waiting.clear();
  }

  return {
    async check(schema, value) {
      worker ??= start();
      const id = ++lastId;
      const asked = Promise.withResolvers<Problem[] | null>();
      waiting.set(id, asked);
      worker.postMessage({ id, schema, value } satisfies CheckAsked);
      const tooLong = setTimeout(() => {
        if (waiting.has(id)) end(unusable("takes too long to check"));
      }, limitMs);
      try {
        return await asked.promise;
      } finally {
        clearTimeout(tooLong);
      }
    },
    close: () => end(new GatewayError("shutting_down", "This gateway is shutting down")),
  };
}

function unusable(why: string, cause?: string): GatewayError {
  const param = "response_format.json_schema.schema";
  return new GatewayError("invalid_request", `The schema in '${param}' ${why}`, { param, cause });
}
