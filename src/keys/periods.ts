/** The periods that budgets are counted in. A week begins on Monday. */
export const periods = ["day", "week", "month"] as const;
export type Period = (typeof periods)[number];

/** A stretch of time, from `start` up to but without `end`; ms since 1970. */
export interface Span {
  start: number;
  end: number;
}

/** The day, week and month around a moment in a time zone (IANA, `Asia/Shanghai`). Worked out once each. */
export function createCalendar(zone: string): (period: Period, at: number) => Span {
  const date = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    calendar: "gregory",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  const last: Partial<Record<Period, Span>> = {};

  return (period, at) => {
    const known = last[period];
    if (known && at >= known.start && at < known.end) return known;
    const [year = 0, month = 1, day = 1] = partsOf(date, at);
    const [first, next] = borders[period](year, month, day);
    const span = { start: startOf(date, first), end: startOf(date, next) };
    last[period] = span;
    return span;
  };
}

type Border = readonly [year: number, month: number, day: number];

const borders: Record<Period, (year: number, month: number, day: number) => [Border, Border]> = {
  day: (year, month, day) => [
    [year, month, day],
    [year, month, day + 1],
  ],
  week: (year, month, day) => {
    const weekday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
    return [
      [year, month, day - weekday],
      [year, month, day - weekday + 7],
    ];
  },
  month: (year, month) => [
    [year, month, 1],
    [year, month + 1, 1],
  ],
};

/**
 * The first moment of a local day. Found by halving, since no arithmetic knows every zone: a day may begin at 1:00, and
 * some island once left one out.
 */
function startOf(date: Intl.DateTimeFormat, [year, month, day]: Border): number {
  const midnight = Date.UTC(year, month - 1, day);
  const wanted = new Date(midnight);
  const number = dayNumber(wanted.getUTCFullYear(), wanted.getUTCMonth() + 1, wanted.getUTCDate());
  let before = midnight - 27 * 3_600_000;
  let after = midnight + 27 * 3_600_000;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    const [y = 0, m = 0, d = 0] = partsOf(date, middle);
    if (dayNumber(y, m, d) >= number) after = middle;
    else before = middle;
  }
  return after;
}

function partsOf(date: Intl.DateTimeFormat, at: number): number[] {
  return date.format(at).split("-").map(Number);
}

function dayNumber(year: number, month: number, day: number): number {
  return year * 10_000 + month * 100 + day;
}
