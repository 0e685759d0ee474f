/** What was counted in the last minute, second by second. */
export interface MinuteWindow {
  add(at: number, amount: number): void;
  /** What counts at `now`. */
  sum(now: number): number;
  /** Milliseconds until no more than `most` counts, if nothing is added. */
  msUntil(most: number, now: number): number;
}

const seconds = 60;

export function createMinuteWindow(): MinuteWindow {
  const amounts = new Float64Array(seconds);
  let newest = 0;
  let total = 0;

  function forget(second: number): void {
    if (second <= newest) return;
    for (let passed = Math.max(newest + 1, second - seconds + 1); passed <= second; passed++) {
      total -= amounts[passed % seconds]!;
      amounts[passed % seconds] = 0;
    }
    newest = second;
  }

  /** The last second that anything was counted in. */
  function newestUsed(): number {
    let second = newest;
    while (second > newest - seconds && amounts[second % seconds] === 0) second--;
    return second;
  }

  return {
    add(at, amount) {
      const second = Math.floor(at / 1000);
      forget(second);
      // What is corrected later belongs to the second of its request, if that still counts.
      if (second <= newest - seconds) return;
      amounts[second % seconds]! += amount;
      total += amount;
    },
    sum(now) {
      forget(Math.floor(now / 1000));
      return total;
    },
    msUntil(most, now) {
      forget(Math.floor(now / 1000));
      if (total <= most) return 0;
      if (most <= 0) return (newestUsed() + seconds) * 1000 - now;
      let left = total;
      for (let second = newest - seconds + 1; second <= newest && left > most; second++) {
        left -= amounts[second % seconds]!;
        if (left <= most) return (second + seconds) * 1000 - now;
      }
      return 0;
    },
  };
}
