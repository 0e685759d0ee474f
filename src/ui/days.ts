/** Days of a reader's calendar. */
export interface Day {
  year: number;
  /** 1 to 12. */
  month: number;
  date: number;
}

export function dayAt(at: number, zone: string): Day {
  const { year, month, day } = partsAt(at, zone);
  return { year, month, date: day };
}

export function addDays({ year, month, date }: Day, days: number): Day {
  const moved = new Date(Date.UTC(year, month - 1, date + days));
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, date: moved.getUTCDate() };
}

/** The moment (ms since 1970) when a day's clocks show midnight, or so many milliseconds after it. */
export function startOfDay({ year, month, date }: Day, zone: string, clockMs = 0): number {
  const wanted = Date.UTC(year, month - 1, date) + clockMs;
  // The zone's distance from UTC is looked up near the moment; the second look is right where the first one jumped.
  const first = wanted - offsetAt(wanted, zone);
  const second = wanted - offsetAt(first, zone);
  // Where clocks jump over midnight, the day begins after the jump.
  return second === first || offsetAt(second, zone) === wanted - second ? second : Math.max(first, second);
}

/** Milliseconds that a zone's clocks are ahead of UTC at a moment. */
export function offsetAt(at: number, zone: string): number {
  const { year, month, day, hour, minute, second } = partsAt(at, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** `2026-11-22T14:03` on a zone's clocks: what a date field of a form holds. */
export function fieldValue(at: number, zone: string): string {
  const { year, month, day, hour, minute } = partsAt(at, zone);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

type Parts = Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>;

const readers = new Map<string, Intl.DateTimeFormat>();

function partsAt(at: number, zone: string): Parts {
  let reader = readers.get(zone);
  if (reader === undefined) {
    reader = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    if (readers.size > 100) readers.clear();
    readers.set(zone, reader);
  }
  const parts = reader.formatToParts(at).map(({ type, value }) => [type, Number(value)] as const);
  return Object.fromEntries(parts) as Parts;
}
