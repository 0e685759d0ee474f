/**
 * The bytes of a request that are still to be sent. Words become bytes only as the socket takes them, so that a large text
 * never lies in memory as both.
 */
export class Unsent {
  readonly #parts: (string | Uint8Array)[];
  /** How far the first part has come. */
  #at = 0;
  /** What the socket was shown and has not taken. */
  #shown: Uint8Array | null = null;

  constructor(parts: readonly (string | Uint8Array)[]) {
    this.#parts = [...parts];
  }

  get isEmpty(): boolean {
    return this.#shown === null && this.#parts.length === 0;
  }

  /** Some of them, as many as one write is good for; null when there are no more. They are good until the next ones. */
  next(): Uint8Array | null {
    this.#shown ??= this.#fill();
    return this.#shown;
  }

  /** The socket has so many of those that `next` gave. */
  took(count: number): void {
    const left = this.#shown!.subarray(count);
    // What is left outlives the room that all requests share.
    this.#shown = left.length === 0 ? null : left.buffer === room.buffer ? new Uint8Array(left) : left;
  }

  #fill(): Uint8Array | null {
    let size = 0;
    for (let part = this.#parts[0]; part !== undefined && room.length - size > leastRoom; part = this.#parts[0]) {
      if (typeof part === "string") size += this.#encode(part, size);
      else if (part.length <= leastRoom) size += this.#copy(part, size);
      // So large that it leaves as it is, behind what stands before it.
      else if (size > 0) break;
      else {
        this.#done();
        return part;
      }
    }
    return size > 0 ? room.subarray(0, size) : null;
  }

  /** As much as there is room for even where each letter takes most of it, and never half a character. */
  #encode(text: string, size: number): number {
    let end = this.#at + Math.floor((room.length - size) / mostBytes);
    if (end < text.length && isFirstHalf(text.charCodeAt(end - 1))) end--;
    const isWhole = this.#at === 0 && end >= text.length;
    const written = room.write(isWhole ? text : text.slice(this.#at, end), size);
    this.#at = end;
    if (end >= text.length) this.#done();
    return written;
  }

  #copy(bytes: Uint8Array, size: number): number {
    room.set(bytes, size);
    this.#done();
    return bytes.length;
  }

  #done(): void {
    this.#parts.shift();
    this.#at = 0;
  }
}

/** Filled and written in one go, never across an await. */
const room = Buffer.allocUnsafeSlow(256 * 1024);
/** With less than this it is full enough. */
const leastRoom = 64 * 1024;
/** Of UTF-8 for one unit of a text. */
const mostBytes = 3;

const isFirstHalf = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
