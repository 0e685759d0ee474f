/**
 * Log-linear bins for whole numbers: exact below 64, then 32 an octave. A value differs from the middle of its bin by
 * at most 1/64 (1.6 %). Only integers are involved, so the same values give the same bins everywhere and in any order.
 */

/** The largest value that is told apart: 24 days in milliseconds, 35 minutes in microseconds. */
export const largestValue = 2 ** 31 - 1;
/** What a quantile may be off by, as a share of itself. */
export const largestError = 1 / 64;
export const binCount = 864;

export function binOf(value: number): number {
  if (value < 64) return value > 0 ? Math.floor(value) : 0;
  const whole = value < largestValue ? Math.floor(value) : largestValue;
  // The five bits behind the first one, after as many shifts as there are octaves above 32.
  const octave = 26 - Math.clz32(whole);
  return octave * 32 + (whole >>> octave);
}

/** The middle of a bin. */
export function middleOf(bin: number): number {
  if (bin < 64) return bin;
  const octave = Math.floor(bin / 32) - 1;
  const least = (bin - octave * 32) * 2 ** octave;
  return least + (2 ** octave - 1) / 2;
}

/**
 * The value at a quantile by nearest rank (the smallest that a share `q` of all values does not exceed); null of none.
 * `counts` holds `binCount` bins from `offset` on.
 */
export function quantile(counts: Float64Array, q: number, offset = 0): number | null {
  let total = 0;
  for (let bin = 0; bin < binCount; bin++) total += counts[offset + bin]!;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (let bin = 0; bin < binCount; bin++) {
    seen += counts[offset + bin]!;
    if (seen >= rank) return middleOf(bin);
  }
  return null;
}
