/**
 * Reads answers of HTTP/1.1 off a connection, one after the other: bytes in, head and body out, and nothing of sockets.
 * https://www.rfc-editor.org/rfc/rfc9112
 */
export interface AnswerHead {
  status: number;
  /** A field's value, by its name in lower case; null where it is absent. */
  field(name: string): string | null;
}

export interface AnswerListener {
  head(head: AnswerHead): void;
  /** Part of the body, unwrapped. It is the listener's own. */
  body(bytes: Buffer): void;
  /** The answer is whole. */
  end(): void;
}

/** The peer said what is no answer of HTTP/1.1. */
export class NotHttp extends Error {
  readonly code = "NOT_HTTP";
}

export class AnswerReader {
  /** Whether the connection may carry another request when this answer has ended. */
  isReusable = false;
  /** Whether a byte of the answer has come. */
  hasBegun = false;

  #listener: AnswerListener | null = null;
  #state: "idle" | "head" | "length" | "chunked" | "trailer" | "until close" = "idle";
  /** What of a head, or of the line before a chunk, has come so far. */
  #held: Buffer = none;
  /** Bytes that are still to come: of the body, or of the chunk and the end of line behind it. */
  #left = 0;

  /** A request has been sent, and its answer is the next to come. */
  expect(listener: AnswerListener): void {
    this.#listener = listener;
    this.#state = "head";
    this.hasBegun = false;
    this.isReusable = false;
  }

  /** Takes what arrived. Throws `NotHttp`, after which the connection is of no use. */
  feed(bytes: Buffer): void {
    let rest = bytes;
    if (this.#state === "head") {
      const body = this.#readHead(rest);
      if (body === null) return;
      rest = body;
    }
    if (this.#state === "length") this.#readLength(rest);
    else if (this.#state === "chunked" || this.#state === "trailer") this.#readChunks(rest);
    else if (this.#state === "until close") {
      if (rest.length > 0) this.#listener!.body(rest);
    } else if (rest.length > 0) {
      // Words that nobody asked for: whose answer they are cannot be told.
      this.isReusable = false;
      throw new NotHttp("an answer to nothing");
    }
  }

  /** The peer has ended the connection: says whether that leaves the answer whole. */
  close(): boolean {
    if (this.#state === "idle") return true;
    if (this.#state !== "until close") return false;
    this.#finish();
    return true;
  }

  /** What stands behind the head; null while the head is not whole. */
  #readHead(arrived: Buffer): Buffer | null {
    this.hasBegun ||= arrived.length > 0;
    let bytes = this.#held.length === 0 ? arrived : Buffer.concat([this.#held, arrived]);
    this.#held = none;
    for (;;) {
      const end = bytes.indexOf(crlfCrlf);
      if (end < 0) {
        if (bytes.length > longestHead || !couldBeHttp(bytes)) throw new NotHttp("no head of HTTP/1.1");
        this.#held = bytes;
        return null;
      }
      const head = readHead(bytes.toString("latin1", 0, end));
      bytes = bytes.subarray(end + 4);
      // Interim answers announce the one that counts.
      if (head.status >= 100 && head.status < 200 && head.status !== 101) continue;
      this.#begin(head);
      return bytes;
    }
  }

  /** https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
  #begin(head: ReadHead): void {
    const { status } = head;
    const coding = head.field("transfer-encoding");
    const length = head.field("content-length");
    const connection = head.field("connection");
    this.isReusable =
      (head.isNew ? !/\bclose\b/i.test(connection ?? "") : /\bkeep-alive\b/i.test(connection ?? "")) && status !== 101;
    if (status === 204 || status === 304) {
      this.#left = 0;
      this.#state = "length";
    } else if (coding !== null) {
      if (!/^chunked$/i.test(coding)) throw new NotHttp("an unknown transfer coding");
      // Two lengths may mean that somebody in between reads another one.
      if (length !== null) this.isReusable = false;
      this.#left = 0;
      this.#state = "chunked";
    } else if (length !== null) {
      this.#left = readLength(length);
      this.#state = "length";
    } else {
      this.isReusable = false;
      this.#state = "until close";
    }
    this.#listener!.head(head);
  }

  #readLength(bytes: Buffer): void {
    if (bytes.length > this.#left) this.isReusable = false;
    const own = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= own.length;
    if (own.length > 0) this.#listener!.body(own);
    if (this.#left === 0) this.#finish();
  }

  /** https://www.rfc-editor.org/rfc/rfc9112#section-7.1. Data of one read is moved together, so that it leaves in one piece. */
  #readChunks(arrived: Buffer): void {
    const bytes = this.#held.length === 0 ? arrived : Buffer.concat([this.#held, arrived]);
    this.#held = none;
    let at = 0;
    let kept = 0;
    while (at < bytes.length && this.#state === "chunked") {
      if (this.#left > 0) {
        const end = Math.min(bytes.length, at + this.#left);
        // The last two bytes that are awaited end the line.
        const dataEnd = Math.max(at, Math.min(end, at + this.#left - 2));
        if (dataEnd > at) {
          if (at > kept) bytes.copyWithin(kept, at, dataEnd);
          kept += dataEnd - at;
        }
        for (let gap = dataEnd; gap < end; gap++) {
          const isLast = this.#left - (gap - at) === 1;
          if (bytes[gap] !== (isLast ? lf : cr)) throw new NotHttp("a chunk that is longer than its size");
        }
        this.#left -= end - at;
        at = end;
        continue;
      }
      const size = readChunkSize(bytes, at);
      if (size === null) {
        if (bytes.length - at > longestLine) throw new NotHttp("a chunk without a size");
        this.#held = bytes.subarray(at);
        break;
      }
      at = size.end;
      if (size.bytes === 0) this.#state = "trailer";
      else this.#left = size.bytes + 2;
    }
    if (kept > 0) this.#listener!.body(bytes.subarray(0, kept));
    if (this.#state === "trailer") this.#readTrailer(bytes.subarray(at));
  }

  /** Lines up to an empty one, of which nothing is wanted. */
  #readTrailer(bytes: Buffer): void {
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(crlf, at);
      if (end === at) {
        if (end + 2 < bytes.length) this.isReusable = false;
        this.#finish();
        return;
      }
      if (end < 0) break;
      at = end + 2;
    }
    if (bytes.length > longestHead) throw new NotHttp("a trailer without an end");
    this.#held = Buffer.from(bytes.subarray(at));
  }

  #finish(): void {
    const listener = this.#listener!;
    this.#listener = null;
    this.#state = "idle";
    this.#held = none;
    listener.end();
  }
}

const none = Buffer.alloc(0);
// A text to look for would be made bytes of each time.
const crlf = Buffer.from("\r\n");
const crlfCrlf = Buffer.from("\r\n\r\n");
const cr = 13;
const lf = 10;
const longestHead = 64 * 1024;
const longestLine = 4096;

interface ReadHead extends AnswerHead {
  /** HTTP/1.1, where connections stay open unless somebody says otherwise. */
  isNew: boolean;
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r\n|$)/;

function readHead(text: string): ReadHead {
  const found = statusLine.exec(text);
  if (found === null) throw new NotHttp("no status line of HTTP/1.1");
  const lower = text.toLowerCase();
  return {
    status: Number(found[2]),
    isNew: found[1] === "1",
    field(name) {
      const marked = `\r\n${name}:`;
      let value: string | null = null;
      for (let at = lower.indexOf(marked); at >= 0; at = lower.indexOf(marked, at + 1)) {
        const start = at + marked.length;
        const end = text.indexOf("\r\n", start);
        const one = text.slice(start, end < 0 ? undefined : end).trim();
        value = value === null ? one : `${value}, ${one}`;
      }
      return value;
    },
  };
}

/** Whether these bytes may yet become an answer's head. */
function couldBeHttp(bytes: Buffer): boolean {
  const start = "HTTP/1.";
  return start.startsWith(bytes.toString("latin1", 0, Math.min(bytes.length, start.length)));
}

/** A length that is said several times counts where all agree. */
function readLength(value: string): number {
  const [first = "", ...others] = value.split(",").map((one) => one.trim());
  const length = /^\d{1,15}$/.test(first) ? Number(first) : Number.NaN;
  if (Number.isNaN(length) || others.some((other) => other !== first)) throw new NotHttp("no length");
  return length;
}

/** Which are nobody's business: a semicolon, and the blanks that may stand before it. */
const beginExtensions = [..."; \t"].map((character) => character.charCodeAt(0));

/** The size of the chunk whose line begins here, and where its data does; null while the line is not whole. */
function readChunkSize(bytes: Buffer, from: number): { bytes: number; end: number } | null {
  let size = 0;
  let at = from;
  for (; at < bytes.length; at++) {
    const digit = hexDigit(bytes[at]!);
    if (digit < 0) break;
    size = size * 16 + digit;
  }
  const digits = at - from;
  if (at === bytes.length) {
    if (digits > 12) throw new NotHttp("a chunk without a size");
    return null;
  }
  if (digits === 0 || digits > 12) throw new NotHttp("a chunk without a size");
  if (bytes[at] === cr) {
    if (at + 1 === bytes.length) return null;
    if (bytes[at + 1] === lf) return { bytes: size, end: at + 2 };
  } else if (beginExtensions.includes(bytes[at]!)) {
    const end = bytes.indexOf(crlf, at);
    return end < 0 ? null : { bytes: size, end: end + 2 };
  }
  throw new NotHttp("a chunk without a size");
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
