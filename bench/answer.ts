/** Reads one HTTP/1.1 answer after another off a connection, and says of each whether it came whole. */
export class AnswerReader {
  /** Of the last answer: a 200 that ended as it should. */
  isGood = false;

  #head = "";
  #isInBody = false;
  #isOk = false;
  /** Bytes that are still to come; null where the answer comes in chunks. */
  #left: number | null = null;
  #tail: Buffer = none;
  readonly #tailBytes: number;

  /** @param ending what a good answer has close to its end; "" where every ending will do */
  constructor(readonly ending: string) {
    this.#tailBytes = ending.length + chunkedEnd.length + 24;
  }

  /** Takes what arrived; true when that was the end of an answer. One request is asked at a time, so nothing follows it. */
  feed(bytes: Buffer): boolean {
    if (this.#isInBody) return this.#takeBody(bytes);
    this.#head += bytes.toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#head.slice(0, end);
    const body = Buffer.from(this.#head.slice(end + 4), "latin1");
    this.#head = "";
    this.#isInBody = true;
    this.#isOk = head.startsWith("HTTP/1.1 200");
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#left = length === undefined ? null : Number(length);
    return this.#takeBody(body);
  }

  #takeBody(bytes: Buffer): boolean {
    const kept = this.#tailBytes;
    this.#tail = bytes.length >= kept ? bytes.subarray(-kept) : Buffer.concat([this.#tail, bytes]).subarray(-kept);
    if (this.#left !== null) this.#left -= bytes.length;
    // The lines of a stream never hold these bytes, so they stand only where it ends.
    const isOver = this.#left === null ? this.#tail.indexOf(chunkedEnd) >= 0 : this.#left <= 0;
    if (!isOver) return false;
    this.isGood = this.#isOk && this.#tail.includes(this.ending);
    this.#isInBody = false;
    this.#tail = none;
    return true;
  }
}

const chunkedEnd = "\r\n0\r\n\r\n";
const none = Buffer.alloc(0);
