import { type Attributes, type Span, writeBatch, writeSpan } from "./otlp.ts";

/** Brings spans to the collector, some at a time. Nobody waits for it, and it never holds more than a few megabytes. */
export interface Exporter {
  add(span: Span): void;
  /** How many the collector never got: they did not fit while it was slow or away, or it refused them. */
  dropped(): number;
  /** Sends what waits, if that is quickly done. */
  close(): Promise<void>;
}

export interface ExporterOptions {
  /** Posts a batch. Resolves with the status of the answer. */
  send(body: string): Promise<number>;
  /** What is said of this server with every batch. */
  resource: Attributes;
  log: { warn(text: string): void; info(text: string): void };
  /** How long a span waits for others. Milliseconds. */
  gatherMs?: number;
  /** Pauses after failures, the last one over and over. Milliseconds. */
  pausesMs?: readonly number[];
}

const mostWaiting = 4_096;
const batchSize = 256;
/** What a stop waits at most. */
const lastWordsMs = 500;

export function createExporter(options: ExporterOptions): Exporter {
  const { send, resource, log, gatherMs = 2_000, pausesMs = [1_000, 5_000, 30_000] } = options;
  let waiting: string[] = [];
  let dropped = 0;
  let failures = 0;
  let timer: Timer | null = null;
  let sending: Promise<void> | null = null;

  function add(span: Span): void {
    if (waiting.length >= mostWaiting) {
      dropped++;
      return;
    }
    // Written now, one by one, so that no batch keeps the traffic waiting while it is put together.
    waiting.push(writeSpan(span));
    if (failures === 0 && waiting.length >= batchSize) flush();
    else wakeLater();
  }

  function wakeLater(): void {
    if (timer !== null || sending !== null) return;
    timer = setTimeout(flush, failures > 0 ? pausesMs[Math.min(failures, pausesMs.length) - 1]! : gatherMs);
    timer.unref();
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    sending ??= sendAll().finally(() => {
      sending = null;
      if (waiting.length > 0) wakeLater();
    });
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize);
      const status = await send(writeBatch(batch, resource)).catch(() => 0);
      const isTaken = status >= 200 && status < 300;
      // A batch that is refused for what it is will not be taken later either.
      const isRefused = !isTaken && !mayRetry(status);
      if (isRefused) dropped += batch.length;
      if (isTaken || isRefused) waiting = waiting.slice(batch.length);
      if (!isTaken) return failed(status);
      if (failures > 0) log.info("traces reach their collector again");
      failures = 0;
    }
  }

  function failed(status: number): void {
    if (failures++ === 0) {
      log.warn(`traces do not reach their collector (${status === 0 ? "no answer" : `HTTP ${status}`}); trying again`);
    }
  }

  return {
    add,
    dropped: () => dropped,
    async close() {
      flush();
      await Promise.race([sending, Bun.sleep(lastWordsMs)]);
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** https://opentelemetry.io/docs/specs/otlp/#failures-1; 0: there was no answer. */
const mayRetry = (status: number): boolean => [0, 429, 502, 503, 504].includes(status);
