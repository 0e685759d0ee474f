import { expect, test } from "bun:test";
import { DDSketch } from "@datadog/sketches-js";
import { binCount, binOf, largestError, largestValue, middleOf, quantile } from "~/record/histogram.ts";
import { addSpread, joinSpread, lists, mark, marksOf, rewritten, spreadSize } from "~/record/spread.ts";
import { createRandom } from "../../bench/many-requests.ts";

test("a bin's middle is never off by more than 1/64, from nothing to the largest value", () => {
  let last = -1;
  for (let value = 0; value < largestValue; value = Math.max(value + 1, Math.floor(value * 1.001))) {
    const bin = binOf(value);
    expect(bin).toBeGreaterThanOrEqual(last);
    expect(bin).toBeLessThan(binCount);
    expect(Math.abs(middleOf(bin) - value)).toBeLessThanOrEqual(value * largestError);
    last = bin;
  }
  expect(binOf(largestValue)).toBe(binCount - 1);
  expect(binOf(1e15)).toBe(binCount - 1);
});

test("small values are exact", () => {
  for (let value = 0; value < 64; value++) expect(middleOf(binOf(value))).toBe(value);
});

test("quantiles agree with the values themselves and with DDSketch", () => {
  const random = createRandom(3);
  const values = Array.from({ length: 20_000 }, () => Math.round(Math.exp(3 + 9 * random() ** 2)));
  const counts = new Float64Array(binCount);
  const sketch = new DDSketch({ relativeAccuracy: largestError });
  for (const value of values) {
    counts[binOf(value)]! += 1;
    sketch.accept(value);
  }
  values.sort((one, other) => one - other);
  for (const q of [0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
    const exact = values[Math.ceil(q * values.length) - 1]!;
    const ours = quantile(counts, q)!;
    expect(Math.abs(ours - exact)).toBeLessThanOrEqual(exact * largestError);
    // Its rank may be the neighbour's.
    expect(Math.abs(ours - sketch.getValueAtQuantile(q))).toBeLessThanOrEqual(ours * largestError * 2.1 + 1);
  }
  expect(quantile(new Float64Array(binCount), 0.5)).toBeNull();
});

test("spreads join exactly, whatever the order and the pieces, and the same counts are the same bytes", () => {
  const random = createRandom(5);
  const marks = Array.from({ length: 3_000 }, () =>
    mark(lists.overhead + Math.floor(random() * 800), 1 + Math.floor(random() ** 9 * 1e6)),
  );
  marks.push(mark(0), mark(lists.error + 82, 70_000));
  const whole = joinSpread(null, [...marks]);
  let pieces: Uint8Array | null = null;
  for (let at = 0; at < marks.length; at += 100) pieces = joinSpread(pieces, marks.slice(at, at + 100).toReversed());
  expect(pieces).toEqual(whole);

  const counts = new Float64Array(spreadSize);
  addSpread(counts, whole);
  for (const one of marksOf(whole)) expect(counts[Math.floor(one / 2 ** 32)]).toBe(one % 2 ** 32);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(marks.reduce((sum, one) => sum + (one % 2 ** 32), 0));
  addSpread(counts, whole, -1);
  expect(counts.every((count) => count === 0)).toBe(true);
});

test("a value that came up once takes a byte, or two after a gap", () => {
  expect(joinSpread(null, [])).toHaveLength(0);
  const one = joinSpread(null, [mark(lists.duration + 300), mark(lists.duration + 310), mark(lists.overhead + 9, 200)]);
  // The form, 2 bytes, 1, and 2 with a count of 2.
  expect(one).toHaveLength(1 + 2 + 1 + 2 + 2);
});

test("spreads of before read as they did, and are written anew when something is added", () => {
  const marks = [mark(0), mark(lists.firstToken + 130, 3), mark(lists.error + 82, 70_000)];
  // 1, 1; 1154, 3; 3024, 70,000: the gap to the next code and its count, as varints.
  const before = Uint8Array.of(1, 1, 0x82, 0x09, 3, 0xd0, 0x17, 0xf0, 0xa2, 0x04);
  expect(marksOf(before)).toEqual(marks);
  const today = joinSpread(null, [...marks]);
  expect(rewritten(before)).toEqual(today);
  expect(rewritten(today)).toEqual(today);
  expect(joinSpread(before, [mark(5)])).toEqual(joinSpread(null, [...marks, mark(5)]));
});
