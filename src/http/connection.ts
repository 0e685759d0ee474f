import { type AnswerHead, type AnswerListener, AnswerReader, NotHttp } from "./answer.ts";
import type { Origin } from "./origin.ts";
import { Unsent } from "./unsent.ts";

/** Who waits for an answer. After `end` or `failed` nothing more is heard. */
export interface Listener {
  head(head: AnswerHead): void;
  /** Part of the body. It is the listener's own. */
  body(bytes: Buffer): void;
  end(): void;
  /** `error.code` is what the runtime or OpenSSL calls it. */
  failed(error: unknown): void;
}

/** As much of a socket as a connection needs. */
export interface Wire {
  /** Says how many of the bytes it took: those it has sent or copied, since the room that they stand in is used again. */
  write(bytes: Uint8Array): number;
  pause(): void;
  resume(): void;
  terminate(): void;
}

/** The connection ended before the answer did. */
export class ConnectionClosed extends Error {
  readonly code = "ECONNRESET";
}

/** One connection to an upstream, which carries one request at a time. */
export class Connection implements AnswerListener {
  /** Whether the last answer left it fit for another request. */
  isReusable = false;
  /** On the growing clock. */
  idleSince = 0;
  isOpen = true;
  /** How many requests it has carried. */
  asked = 0;

  readonly #reader = new AnswerReader();
  #listener: Listener | null = null;
  #unsent = new Unsent([]);
  #isPaused = false;

  constructor(
    readonly origin: Origin,
    private readonly wire: Wire,
    /** Told when the answer has ended, before whoever listens for it. */
    private readonly freed: (connection: Connection) => void,
    /** Told when it is open no more. */
    private readonly closed: (connection: Connection) => void,
  ) {}

  /** Whether any byte of the answer has come: until then the request may not have been read at all. */
  get hasAnswered(): boolean {
    return this.#reader.hasBegun;
  }

  /** `parts` are the request as it goes on the wire. Its listener hears nothing before this returns. */
  ask(parts: readonly (string | Uint8Array)[], listener: Listener): void {
    this.#listener = listener;
    this.asked++;
    this.#reader.expect(this);
    this.#unsent = new Unsent(parts);
    this.flush();
  }

  /** Nobody wants the answer any more. */
  hangUp(): void {
    this.#listener = null;
    this.#close();
  }

  pause(): void {
    this.#isPaused = true;
    this.wire.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.wire.resume();
  }

  /** Writes what the socket takes; it says when it takes more. */
  flush(): void {
    for (let bytes = this.#unsent.next(); bytes !== null; bytes = this.#unsent.next()) {
      const taken = Math.max(0, this.wire.write(bytes));
      this.#unsent.took(taken);
      if (taken < bytes.length) return;
    }
  }

  heard(bytes: Buffer): void {
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      if (!(error instanceof NotHttp)) throw error;
      this.lost(error);
    }
  }

  /** The other side has ended it, well or with an error. */
  lost(error: unknown): void {
    // An answer may be whole just because nothing more comes.
    if (error === null) this.#reader.close();
    const listener = this.#listener;
    // Ending it says so once more.
    this.hangUp();
    listener?.failed(error ?? new ConnectionClosed("The connection was closed"));
  }

  head(head: AnswerHead): void {
    this.#listener?.head(head);
  }

  body(bytes: Buffer): void {
    this.#listener?.body(bytes);
  }

  /** The answer is whole, and the connection another's. */
  end(): void {
    const listener = this.#listener;
    this.#listener = null;
    if (this.#isPaused) this.resume();
    this.isReusable = this.isOpen && this.#reader.isReusable && this.#unsent.isEmpty;
    this.freed(this);
    listener?.end();
  }

  #close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.isReusable = false;
    this.closed(this);
    this.wire.terminate();
  }
}
