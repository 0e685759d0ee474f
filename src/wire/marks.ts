/** Texts to look for in bytes, as the bytes that they are: looking for a text makes new ones of it each time. */
export const inBytes = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, "latin1"));

/**
 * Finds the next of several marks in bytes, from a place on. Places only grow, so each mark is looked for once in each
 * byte, however often it is asked.
 */
export class MarkFinder {
  readonly #next: number[];
  #bytes: Buffer = Buffer.alloc(0);

  constructor(private readonly marks: readonly Buffer[]) {
    this.#next = marks.map(() => 0);
  }

  /** Begins with other bytes. */
  search(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#next.fill(-1);
  }

  /** The length of the bytes where none follows. */
  next(from: number): number {
    const next = this.#next;
    let first = this.#bytes.length;
    for (let at = 0; at < next.length; at++) {
      if (next[at]! < from) next[at] = this.#indexOrEnd(this.marks[at]!, from);
      if (next[at]! < first) first = next[at]!;
    }
    return first;
  }

  #indexOrEnd(mark: Buffer, from: number): number {
    const at = this.#bytes.indexOf(mark, from);
    return at < 0 ? this.#bytes.length : at;
  }
}

/** `"name":VALUE` as JSON is usually written: without a blank behind the colon, or with one. */
export const usually = (name: string, value: string): string[] => [`"${name}":${value}`, `"${name}": ${value}`];

/** Whether a piece of JSON has its blanks elsewhere, or other ones, so that `usually` is not to be relied on. */
export const isUnusual = (json: string): boolean => unusual.test(json);
const unusual = /"\s+:|:\s{2}|:[^\S ]|[[{]\s/;
