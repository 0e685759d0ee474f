import type { Transform } from "node:stream";
import { createBrotliDecompress, createUnzip, createZstdDecompress } from "node:zlib";
import { after, type Deadline } from "~/deadlines.ts";
import { GatewayError } from "~/errors.ts";
import type { Running } from "~/http/connections.ts";

/** The call that an answer belongs to. */
export interface AnswerMeans {
  readonly running: Running;
  /** How long the upstream may say nothing while somebody waits for it. */
  readonly idleMs: number;
  /** Nothing of the call's limits counts any more. */
  over(): void;
  /** Ends the call because of its silence. */
  silent(): void;
  /** What an answer that breaks off is to whoever reads it. */
  broken(cause: unknown): unknown;
}

/** More than this is not taken from the upstream before somebody takes it from us. */
const mostWaiting = 256 * 1024;

/** How long a body that nobody wants any more may take to end by itself, which keeps its connection for others. */
const drainMs = 1_000;

/**
 * The body of an upstream's answer, piece by piece or whole. While the client does not take what there is, the silence
 * is not the upstream's, and the upstream is made to wait.
 */
export class AnswerBody implements AsyncIterableIterator<Buffer> {
  #waiting: Buffer[] = [];
  #bytes = 0;
  #isPaused = false;
  #isEnded = false;
  #isUnwanted = false;
  #failure: { error: unknown } | null = null;
  #reader: { resolve(result: IteratorResult<Buffer>): void; reject(error: unknown): void } | null = null;
  #idle: Deadline | null = null;
  readonly #silent = () => this.means.silent();
  readonly #unpacking: Transform | null;

  constructor(
    coding: string | null,
    private readonly means: AnswerMeans,
  ) {
    this.#unpacking = this.#unpack(coding);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** All that has come and was not taken yet. Rejects with what broke the answer, after all that came before. */
  next(): Promise<IteratorResult<Buffer>> {
    if (this.#waiting.length > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#idle = after(this.means.idleMs, this.#silent);
    });
  }

  /** The rest is not wanted. */
  return(): Promise<IteratorResult<Buffer>> {
    if (!this.#isEnded && this.#failure === null && !this.#isUnwanted) {
      this.#isUnwanted = true;
      // What unfolds without an end has no rest worth waiting for.
      if (this.#unpacking !== null) this.#hangUp();
      else {
        this.#waiting = [];
        this.means.over();
        if (this.#isPaused) this.means.running.resume();
        this.#idle = after(drainMs, () => this.means.running.hangUp());
      }
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The whole rest. Throws `upstream_error` where it is more than so many bytes. */
  async whole(maxBytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    for (let next = await this.next(); !next.done; next = await this.next()) {
      size += next.value.length;
      if (size > maxBytes) {
        this.#hangUp();
        throw new GatewayError("upstream_error", "The upstream's answer is too large");
      }
      parts.push(next.value);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** More has come. */
  add(bytes: Buffer): void {
    if (this.#unpacking === null) this.#give(bytes);
    else this.#unpacking.write(bytes);
  }

  /** All has come. */
  end(): void {
    if (this.#unpacking === null) this.#finish();
    else this.#unpacking.end();
  }

  /** It stops before its end, through no doing of ours. */
  breakOff(cause: unknown): void {
    this.fail(this.means.broken(cause));
  }

  /** It is ended by us. */
  fail(error: unknown): void {
    this.#idle?.cancel();
    if (this.#isEnded || this.#failure !== null) return;
    this.#failure = { error };
    this.#unpacking?.destroy();
    const reader = this.#reader;
    this.#reader = null;
    reader?.reject(error);
  }

  #give(bytes: Buffer): void {
    if (this.#isUnwanted) return;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    const reader = this.#reader;
    if (reader !== null) {
      this.#reader = null;
      this.#idle?.cancel();
      reader.resolve({ done: false, value: this.#take() });
    } else if (this.#bytes > mostWaiting && !this.#isPaused) {
      this.#isPaused = true;
      this.means.running.pause();
      this.#unpacking?.pause();
    }
  }

  #take(): Buffer {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.means.running.resume();
      this.#unpacking?.resume();
    }
    return waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
  }

  #hangUp(): void {
    this.means.over();
    this.means.running.hangUp();
    this.#unpacking?.destroy();
    this.#waiting = [];
  }

  #finish(): void {
    this.#idle?.cancel();
    this.#isEnded = true;
    const reader = this.#reader;
    this.#reader = null;
    reader?.resolve({ done: true, value: undefined });
  }

  /** Some compress although nobody asked for it. */
  #unpack(coding: string | null): Transform | null {
    if (coding === null || /^(identity)?$/i.test(coding)) return null;
    const unpacking = unpackers[coding.toLowerCase()]?.() ?? null;
    if (unpacking === null) return null;
    unpacking.on("data", (bytes: Buffer) => this.#give(bytes));
    unpacking.on("end", () => this.#finish());
    unpacking.on("error", (error) => {
      this.means.over();
      this.means.running.hangUp();
      this.breakOff(error);
    });
    return unpacking;
  }
}

const unpackers: Record<string, () => Transform> = {
  gzip: createUnzip,
  "x-gzip": createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};
