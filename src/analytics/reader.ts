import { comeForward, helperThreads } from "~/background.ts";
import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import { startReaderWorker } from "~/workers.ts";
import type { Asked, Opened, Said } from "./protocol.ts";
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
  /** How long the thread may be at work until it stands aside no longer: under full load it would never come to an end. */
  impatientMs?: number;
  /** Only where all threads have to share one core: whether answers are under way on it. */
  isShared?: () => boolean;
  /** How long the thread waits for another question before it ends: it holds 10 to 80 MB, and starts in a tenth of a second. */
  idleMs?: number;
}

/** The thread starts with the first question: who never looks at the dashboard never pays for it. */
export function createReader(path: string, clock: Clock, options: Options = {}): Reader {
  const { limitMs = 30_000, idleMs = 300_000, impatientMs = 1000, isShared } = options;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let worker: Worker | null = null;
  let thread: readonly number[] = [];
  let lastId = 0;
  let idle: Timer | undefined;
  let impatient: Timer | undefined;
  let restsUntil = 0;

  function start(): Worker {
    const started = startReaderWorker();
    started.onmessage = ({ data }: MessageEvent<Said>) => {
      if ("thread" in data) {
        thread = data.thread;
        return;
      }
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      restsUntil = clock.tick() + data.restMs;
      watch();
      if ("answer" in data) asked?.resolve(data.answer);
      else asked?.reject(new Error(data.error));
    };
    started.onerror = (event) => {
      event.preventDefault();
      if (started === worker) end(new GatewayError("internal_error", "Internal error", { cause: event.message }));
    };
    started.postMessage({ open: path, sharesCore: isShared !== undefined } satisfies Opened);
    return started;
  }

  /** From when on the thread could be at work for those who wait: it may be that every other thread is served before it. */
  function watch(): void {
    clearTimeout(impatient);
    if (waiting.size === 0 || isShared === undefined) return;
    impatient = setTimeout(
      () => {
        comeForward([...thread, ...helperThreads()]);
        watch();
      },
      Math.max(0, restsUntil - clock.tick()) + impatientMs,
    );
  }

  function stop(): void {
    worker?.terminate();
    worker = null;
    thread = [];
    // It may have ended where it would have let them come forward again.
    if (isShared !== undefined) comeForward(helperThreads());
  }

  function end(error: Error): void {
    stop();
    for (const asked of waiting.values()) asked.reject(error);
    waiting.clear();
    watch();
  }

  function restSoon(): void {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (waiting.size === 0) stop();
    }, idleMs);
    idle.unref();
  }

  async function run(about: string, args: unknown): Promise<unknown> {
    worker ??= start();
    const id = ++lastId;
    worker.postMessage({ id, about, args, now: clock.now(), isShared: isShared?.() ?? false } satisfies Asked);
    const asked = Promise.withResolvers<unknown>();
    waiting.set(id, asked);
    if (waiting.size === 1) watch();
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
