import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import { startReaderWorker } from "~/workers.ts";
import type { Asked, Replied } from "./protocol.ts";
import type { AnswerOf, ArgsOf, QuestionName } from "./questions.ts";

/** Answers questions, on this thread or another. */
export interface Asking {
  /** Rejects with the question's own error, or with `internal_error` where it took longer than `limitMs`. */
  ask<Name extends QuestionName>(question: Name, args: ArgsOf<Name>): Promise<AnswerOf<Name>>;
}

/** The traffic thread's side of the reader's thread: it asks, and goes on carrying traffic. */
export interface Reader extends Asking {
  /** Has something of the dashboard's made there: `src/dashboard/made.ts` says what. */
  make(what: string, args: unknown): Promise<unknown>;
  close(): void;
}

interface Options {
  /** How long an answer may take; one that takes longer is ended together with its thread. */
  limitMs?: number;
  /** How long the thread waits for another question before it ends: it holds 10 to 80 MB, and starts in a tenth of a second. */
  idleMs?: number;
}

/** The thread starts with the first question: who never looks at the dashboard never pays for it. */
export function createReader(path: string, clock: Clock, { limitMs = 30_000, idleMs = 300_000 }: Options = {}): Reader {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let worker: Worker | null = null;
  let lastId = 0;
  let idle: Timer | undefined;

  function start(): Worker {
    const started = startReaderWorker();
    started.onmessage = (event: MessageEvent<Replied>) => {
      const { id } = event.data;
      const asked = waiting.get(id);
      waiting.delete(id);
      if ("answer" in event.data) asked?.resolve(event.data.answer);
      else asked?.reject(new Error(event.data.error));
    };
    started.onerror = (event) => {
      event.preventDefault();
      if (started === worker) end(new GatewayError("internal_error", "Internal error", { cause: event.message }));
    };
    started.postMessage({ open: path });
    return started;
  }

  function end(error: Error): void {
    worker?.terminate();
    worker = null;
    for (const asked of waiting.values()) asked.reject(error);
    waiting.clear();
  }

  function restSoon(): void {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (waiting.size > 0) return;
      worker?.terminate();
      worker = null;
    }, idleMs);
    idle.unref();
  }

  async function run(about: string, args: unknown): Promise<unknown> {
    worker ??= start();
    const id = ++lastId;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(id, asked);
    worker.postMessage({ id, about, args, now: clock.now() } satisfies Asked);
    const tooLong = setTimeout(() => {
      if (waiting.has(id)) end(new GatewayError("internal_error", `The question took longer than ${limitMs} ms`));
    }, limitMs);
    try {
      return await asked.promise;
    } finally {
      clearTimeout(tooLong);
      restSoon();
    }
  }

  return {
    ask: <Name extends QuestionName>(question: Name, args: ArgsOf<Name>) =>
      run(question, args) as Promise<AnswerOf<Name>>,
    make: run,
    close() {
      clearTimeout(idle);
      end(new GatewayError("shutting_down", "This gateway is shutting down"));
    },
  };
}
