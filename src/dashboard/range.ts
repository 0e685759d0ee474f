import { addDays, dayAt, startOfDay } from "~/ui/days.ts";

/** The stretch of time that a page shows, half-open, in ms since 1970. */
export interface Range {
  /** What the address says: a name of `rangeNames`, or `custom`. */
  name: RangeName | "custom";
  from: number;
  to: number;
  /** The stretch of the same length just before, to the minute: its sums are remembered for that long. */
  before: { from: number; to: number };
  /** Where the cells of the charts begin. */
  starts: number[];
  /** How long a cell is. */
  stepMs: number;
}

export const rangeNames = ["1h", "24h", "7d", "30d", "90d"] as const;
export type RangeName = (typeof rangeNames)[number];
export const usualRange: RangeName = "24h";

/** `?range=7d`, or `?from=2026-11-01&to=2026-11-08T12:00`, in the reader's zone; what makes no sense is the usual range. */
export function readRange(query: URLSearchParams, now: number, zone: string): Range {
  const from = readMoment(query.get("from"), zone, false);
  const to = readMoment(query.get("to"), zone, true) ?? now;
  if (from !== null && from < to && from < now) return custom(from, Math.min(to, from + 400 * dayMs), zone);
  const asked = query.get("range");
  return named(rangeNames.find((name) => name === asked) ?? usualRange, now, zone);
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Up to now; the first cell is whole, the last as old as this moment. */
function named(name: RangeName, now: number, zone: string): Range {
  const { cells, stepMs } = shapes[name];
  const last = cellAt(now, stepMs, zone);
  const from =
    stepMs === dayMs
      ? startOfDay(addDays(dayAt(now, zone), 1 - cells), zone)
      : cellAt(last - (cells - 1) * stepMs, stepMs, zone);
  return { name, ...stretch(from, now + 1, stepMs, zone) };
}

function custom(from: number, to: number, zone: string): Range {
  const stepMs = steps.find((step) => (to - from) / step <= 100) ?? 7 * dayMs;
  return { name: "custom", ...stretch(from, to, stepMs, zone) };
}

function stretch(from: number, to: number, stepMs: number, zone: string): Omit<Range, "name"> {
  const length = to - from;
  const before = { from: from - Math.max(length - (length % minuteMs), minuteMs), to: from };
  return { from, to, before, starts: cellsOf(from, to, stepMs, zone), stepMs };
}

const shapes: Record<RangeName, { cells: number; stepMs: number }> = {
  "1h": { cells: 60, stepMs: minuteMs },
  "24h": { cells: 48, stepMs: 30 * minuteMs },
  "7d": { cells: 56, stepMs: 3 * hourMs },
  "30d": { cells: 30, stepMs: dayMs },
  "90d": { cells: 90, stepMs: dayMs },
};

const steps = [1, 2, 5, 15, 30, 60, 180, 360, 720, 1440].map((minutes) => minutes * minuteMs);

/** The beginnings of all cells between two moments; the first begins at `from` itself. */
function cellsOf(from: number, to: number, stepMs: number, zone: string): number[] {
  const starts = [from];
  let at = nextCell(from, stepMs, zone);
  while (at < to && starts.length < 500) {
    starts.push(at);
    at = nextCell(at, stepMs, zone);
  }
  return starts;
}

/** Where the cell of a moment begins: cells are counted from the reader's midnight, so that days are days. */
function cellAt(at: number, stepMs: number, zone: string): number {
  const midnight = startOfDay(dayAt(at, zone), zone);
  return stepMs >= dayMs ? midnight : midnight + Math.floor((at - midnight) / stepMs) * stepMs;
}

function nextCell(at: number, stepMs: number, zone: string): number {
  const day = dayAt(at, zone);
  if (stepMs >= dayMs) return startOfDay(addDays(day, Math.round(stepMs / dayMs)), zone);
  // A day of 23 or 25 hours ends with a shorter cell, or one more.
  return Math.min(cellAt(at, stepMs, zone) + stepMs, startOfDay(addDays(day, 1), zone));
}

/** A day or a minute of the reader's; a day as an end means that it is the last. */
export function readMoment(text: string | null, zone: string, isEnd: boolean): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?$/.exec(text ?? "");
  if (found === null) return null;
  const [, year, month, date, hour, minute] = found.map(Number);
  const day = { year: year!, month: month!, date: date! };
  const noon = Date.UTC(day.year, day.month - 1, day.date, 12);
  if (new Date(noon).getUTCDate() !== day.date || day.year < 2000 || day.year > 2090) return null;
  if (found[4] === undefined) return startOfDay(isEnd ? addDays(day, 1) : day, zone);
  return startOfDay(day, zone, hour! * hourMs + minute! * minuteMs);
}
