import { placeOf } from "~/chat/places.ts";
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

/**
 * The thread starts with the first schema, and checks one at a time. A check that takes longer than `limitMs`, counted
 * from when its own turn comes, is ended together with the thread; those that wait go on with a new one.
 * Whoever waits longer than `waitMs` for a turn is told that it is no fault of theirs.
 */
export function createSchemas(limitMs = 2_000, startWorker = startSchemaWorker, waitMs = 30_000): Schemas {
  const waiting: Waiting[] = [];
  let current: Waiting | null = null;
  let worker: Worker | null = null;
  let lastId = 0;

  function start(): Worker {
    const started = startWorker();
    started.onmessage = ({ data }: MessageEvent<CheckReplied>) => {
      if (current?.asked.id !== data.id) return;
      if ("problems" in data) finish(({ answer }) => answer.resolve(data.problems));
      else finish(({ asked, answer }) => answer.reject(unusable(asked, "cannot be used", data.error)));
    };
    started.onerror = (event) => {
      event.preventDefault();
      if (started === worker && current !== null) giveUp(unusable(current.asked, "cannot be used", event.message));
    };
    return started;
  }

  function next(): void {
    if (current !== null) return;
    const first = waiting.shift();
    if (!first) return;
    clearTimeout(first.timer);
    current = first;
    current.timer = setTimeout(() => giveUp(unusable(first.asked, "takes too long to check")), limitMs);
    worker ??= start();
    worker.postMessage(first.asked);
  }

  function finish(tell: (ended: Waiting) => void): void {
    if (current === null) return;
    clearTimeout(current.timer);
    const ended = current;
    current = null;
    tell(ended);
    next();
  }

  /** The thread is lost, and with it the one check that it was at. */
  function giveUp(error: GatewayError): void {
    worker?.terminate();
    worker = null;
    finish(({ answer }) => answer.reject(error));
  }

  return {
    check(schema, value) {
      const answer = Promise.withResolvers<Problem[] | null>();
      const mine: Waiting = { asked: { id: ++lastId, schema, value }, answer, timer: setTimeout(leave, waitMs) };
      function leave(): void {
        waiting.splice(waiting.indexOf(mine), 1);
        answer.reject(new GatewayError("internal_error", "Too many answers wait to be checked against their schemas"));
      }
      waiting.push(mine);
      next();
      return answer.promise;
    },
    close() {
      const closing = new GatewayError("shutting_down", "This gateway is shutting down");
      for (const { answer, timer } of waiting.splice(0)) {
        clearTimeout(timer);
        answer.reject(closing);
      }
      giveUp(closing);
    },
  };
}

interface Waiting {
  asked: CheckAsked;
  answer: PromiseWithResolvers<Problem[] | null>;
  /** First of its wait for a turn, then of its turn. */
  timer: Timer;
}

function unusable({ schema }: CheckAsked, why: string, cause?: string): GatewayError {
  const param = placeOf(schema as object, "response_format.json_schema.schema");
  return new GatewayError("invalid_request", `The schema in '${param}' ${why}`, { param, cause });
}
