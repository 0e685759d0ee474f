interface Counted {
  minute: number;
  now: number;
  before: number;
}

const mostStrangers = 20_000;

/**
 * Counts requests a minute for each stranger. Answers with 0, or with the milliseconds to wait; what is refused is not
 * counted. A sliding minute out of two fixed ones: a dozen bytes for each stranger, however fast he is.
 */
export function createThrottle(limit: number): (stranger: string, now: number) => number {
  const strangers = new Map<string, Counted>();

  return (stranger, now) => {
    const minute = Math.floor(now / 60_000);
    const counted = strangers.get(stranger) ?? { minute, now: 0, before: 0 };
    if (minute > counted.minute) {
      counted.before = minute === counted.minute + 1 ? counted.now : 0;
      counted.now = 0;
      counted.minute = minute;
    }
    const passed = (now % 60_000) / 60_000;
    if (counted.now + counted.before * (1 - passed) + 1 > limit) {
      const needed = counted.before > 0 ? 1 - Math.max(0, limit - 1 - counted.now) / counted.before : 1;
      return Math.max(1_000, Math.ceil((Math.min(1, needed) - passed) * 60_000));
    }
    counted.now++;
    // Whoever was here last is forgotten last.
    strangers.delete(stranger);
    strangers.set(stranger, counted);
    if (strangers.size > mostStrangers) strangers.delete(strangers.keys().next().value!);
    return 0;
  };
}
