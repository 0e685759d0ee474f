/**
 * The part of a cell that says how its values are spread: four histograms and how often each error kind came up. In
 * memory a dense array of counts; on the disk a list of varints, `gap to the next code, count` over and over, so that a
 * cell of a few requests is a few bytes. The same counts always give the same bytes.
 */

/** Where each list begins in the dense array. A code is a list's beginning plus a bin, or plus an error kind's number. */
export const lists = { duration: 0, firstToken: 1024, speed: 2048, overhead: 3072, error: 4096 } as const;
export const spreadSize = 4096 + 128;

/** Adds a blob to dense counts, or takes it away with a `sign` of −1. */
export function addSpread(counts: Float64Array, blob: Uint8Array, sign = 1): void {
  let code = -1;
  for (let at = 0; at < blob.length; ) {
    let byte = blob[at++]!;
    let gap = byte & 127;
    for (let unit = 128; byte > 127; unit *= 128) {
      byte = blob[at++]!;
      gap += (byte & 127) * unit;
    }
    byte = blob[at++]!;
    let count = byte & 127;
    for (let unit = 128; byte > 127; unit *= 128) {
      byte = blob[at++]!;
      count += (byte & 127) * unit;
    }
    code += gap;
    counts[code]! += sign * count;
  }
}

/** A few counts on their way into a cell: `code × 2^32 + count`, in any order. */
export type Marks = number[];

export function mark(code: number, count = 1): number {
  return code * markUnit + count;
}

/** The blob of another blob and some marks. */
export function joinSpread(blob: Uint8Array | null, marks: Marks): Uint8Array {
  const sorted = Float64Array.from(marks).sort();
  const old = blob === null ? none : marksOf(blob);
  writer.begin();
  let one = 0;
  let other = 0;
  while (one < old.length || other < sorted.length) {
    const code = Math.min(codeAt(old, one), codeAt(sorted, other));
    let count = 0;
    for (; codeAt(old, one) === code; one++) count += old[one]! % markUnit;
    for (; codeAt(sorted, other) === code; other++) count += sorted[other]! % markUnit;
    writer.put(code, count);
  }
  return writer.end();
}

/** The marks of a blob, in the order of their codes. */
export function marksOf(blob: Uint8Array): Float64Array {
  const marks: number[] = [];
  let code = -1;
  for (let at = 0; at < blob.length; ) {
    const numbers = [0, 0];
    for (let which = 0; which < 2; which++) {
      let unit = 1;
      for (;;) {
        const byte = blob[at++]!;
        numbers[which]! += (byte & 127) * unit;
        if (byte < 128) break;
        unit *= 128;
      }
    }
    code += numbers[0]!;
    marks.push(mark(code, numbers[1]));
  }
  return Float64Array.from(marks);
}

const markUnit = 2 ** 32;
const none = new Float64Array(0);

function codeAt(marks: Float64Array, at: number): number {
  return at < marks.length ? Math.floor(marks[at]! / markUnit) : Number.POSITIVE_INFINITY;
}

/** One for all: a rollup makes thousands of blobs in a row. */
const writer = createSpreadWriter();

function createSpreadWriter() {
  // A gap takes two bytes at most, a count five.
  const bytes = new Uint8Array(spreadSize * 7);
  let length = 0;
  let last = -1;

  function putVarint(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes[length++] = (rest & 127) | 128;
    bytes[length++] = rest;
  }

  return {
    begin(): void {
      length = 0;
      last = -1;
    },
    put(code: number, count: number): void {
      putVarint(code - last);
      putVarint(count);
      last = code;
    },
    end: () => bytes.slice(0, length),
  };
}
