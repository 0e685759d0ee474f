/**
 * The part of a cell that says how its values are spread: four histograms and how often each error kind came up. In
 * memory a dense array of counts; on the disk a zero, then varints, one or two for each code: `2 × codes left out since
 * the last one`, and one more where its count is above 1 and follows, less 2. So a value that came up once is one byte,
 * or two. The same counts always give the same bytes.
 *
 * Cells of before 0007_short_spreads begin without the zero: pairs of `gap to the next code` (at least 1) and count.
 */

/** Where each list begins in the dense array. A code is a list's beginning plus a bin, or plus an error kind's number. */
export const lists = { duration: 0, firstToken: 1024, speed: 2048, overhead: 3072, error: 4096 } as const;
export const spreadSize = 4096 + 128;

/** Adds a blob to dense counts, or takes it away with a `sign` of −1. */
export function addSpread(counts: Float64Array, blob: Uint8Array, sign = 1): void {
  const length = decode(blob);
  for (let at = 0; at < length; at++) counts[oldCodes[at]!]! += sign * oldCounts[at]!;
}

/** A few counts on their way into a cell: `code × 2^32 + count`, in any order. */
export type Marks = number[];

export function mark(code: number, count = 1): number {
  return code * markUnit + count;
}

/** Sorts marks and joins those of one code, in place. */
export function tidy(marks: Marks): void {
  const sorted = sort(marks);
  let length = 0;
  for (let at = 0; at < sorted.length; ) {
    const code = Math.floor(sorted[at]! / markUnit);
    const next = (code + 1) * markUnit;
    let count = 0;
    for (; at < sorted.length && sorted[at]! < next; at++) count += sorted[at]! - code * markUnit;
    marks[length++] = mark(code, count);
  }
  marks.length = length;
}

/** The blob of another blob and some marks, which it sorts. */
export function joinSpread(blob: Uint8Array | null, marks: Marks): Uint8Array {
  const sorted = sort(marks);
  const old = blob === null ? 0 : decode(blob);
  let length = start();
  let last = -1;
  let one = 0;
  let other = 0;
  while (one < old || other < sorted.length) {
    const oldCode = one < old ? oldCodes[one]! : Number.POSITIVE_INFINITY;
    const newCode = other < sorted.length ? Math.floor(sorted[other]! / markUnit) : Number.POSITIVE_INFINITY;
    const code = Math.min(oldCode, newCode);
    let count = 0;
    if (oldCode === code) count += oldCounts[one++]!;
    const next = (code + 1) * markUnit;
    for (; other < sorted.length && sorted[other]! < next; other++) count += sorted[other]! % markUnit;
    length = put(length, code - last, count);
    last = code;
  }
  return taken(length);
}

/** A blob as it is written today. */
export function rewritten(blob: Uint8Array): Uint8Array {
  return blob[0] === shortForm ? blob : joinSpread(blob, []);
}

/** Dense counts as a blob; they are all 0 afterwards. */
export function packSpread(counts: Float64Array): Uint8Array {
  let length = start();
  let last = -1;
  for (let code = 0; code < counts.length; code++) {
    if (counts[code] === 0) continue;
    length = put(length, code - last, counts[code]!);
    last = code;
  }
  counts.fill(0);
  return taken(length);
}

/** The marks of a blob, in the order of their codes. */
export function marksOf(blob: Uint8Array): Marks {
  const length = decode(blob);
  return Array.from({ length }, (_, at) => mark(oldCodes[at]!, oldCounts[at]!));
}

const markUnit = 2 ** 32;

// One for all: a round of the rollup makes thousands of blobs in a row. A gap takes two bytes at most, a count five.
const scratch = new Uint8Array(1 + spreadSize * 7);
const oldCodes = new Float64Array(spreadSize);
const oldCounts = new Float64Array(spreadSize);

/** Most cells get a few marks: for them sorting in place is several times as fast as a typed array's sort. */
function sort(marks: Marks): Marks | Float64Array {
  if (marks.length > 32) return Float64Array.from(marks).sort();
  for (let at = 1; at < marks.length; at++) {
    const value = marks[at]!;
    let place = at;
    for (; place > 0 && marks[place - 1]! > value; place--) marks[place] = marks[place - 1]!;
    marks[place] = value;
  }
  return marks;
}

/** Reads a blob into the scratch; says how many codes it has. */
function decode(blob: Uint8Array): number {
  const isShort = blob[0] === shortForm;
  let code = -1;
  let length = 0;
  readAt = isShort ? 1 : 0;
  for (; readAt < blob.length; length++) {
    const gap = getVarint(blob);
    code += isShort ? (gap - (gap & 1)) / 2 + 1 : gap;
    oldCodes[length] = code;
    oldCounts[length] = isShort ? ((gap & 1) === 0 ? 1 : getVarint(blob) + 2) : getVarint(blob);
  }
  return length;
}

/** What a blob of today begins with; no older one does. */
const shortForm = 0;

let readAt = 0;

function getVarint(blob: Uint8Array): number {
  let byte = blob[readAt++]!;
  let value = byte & 127;
  for (let unit = 128; byte > 127; unit *= 128) {
    byte = blob[readAt++]!;
    value += (byte & 127) * unit;
  }
  return value;
}

/** Begins a blob in the scratch. */
function start(): number {
  scratch[0] = shortForm;
  return 1;
}

function put(at: number, gap: number, count: number): number {
  const left = (gap - 1) * 2;
  return count === 1 ? putVarint(at, left) : putVarint(putVarint(at, left + 1), count - 2);
}

/** The blob that was made; one without a code is empty. */
function taken(length: number): Uint8Array {
  return scratch.slice(0, length === 1 ? 0 : length);
}

function putVarint(at: number, value: number): number {
  let rest = value;
  let place = at;
  for (; rest > 127; rest = Math.floor(rest / 128)) scratch[place++] = (rest & 127) | 128;
  scratch[place++] = rest;
  return place;
}
