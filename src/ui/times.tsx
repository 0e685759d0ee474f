import { Html } from "@elysiajs/html";
import type { Language } from "./say.ts";

/** How somebody reads times. */
export interface TimeReading {
  language: Language;
  /** IANA: `Asia/Kolkata`. */
  zone: string;
}

/** A moment: the clock's time of today, the day of others; all of it on hover. `at` in ms since 1970. */
export function Time({ at, now, reading }: { at: number; now: number; reading: TimeReading }) {
  const day = dayOf(at, reading);
  const text = day === dayOf(now, reading) ? clockTime(at, reading) : `${day} ${clockTime(at, reading)}`;
  return (
    <time datetime={new Date(at).toISOString()} title={absolute(at, reading)} safe>
      {text}
    </time>
  );
}

/** `22 Nov 2026, 14:03:07.123 GMT+5:30`, in the reader's zone. */
export function absolute(at: number, reading: TimeReading): string {
  // Chinese would put the zone between day and time.
  const parts = format(reading, "absolute").formatToParts(at);
  const zone = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const rest = parts.filter(({ type }) => type !== "timeZoneName").map(({ value }) => value);
  return `${rest.join("").replace(/\s+/g, " ").trim()} ${zone}`;
}

/** `14:03:07`. */
export function clockTime(at: number, reading: TimeReading): string {
  return format(reading, "clock").format(at);
}

/** `14:03`. */
export function clockMinute(at: number, reading: TimeReading): string {
  return format(reading, "minute").format(at);
}

/** `22 Nov`. */
export function dayOf(at: number, reading: TimeReading): string {
  return format(reading, "day").format(at);
}

/** `3 min ago`, of two moments. */
export function ago(at: number, now: number, language: Language): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? (["second", 1] as const);
  const words = new Intl.RelativeTimeFormat(language === "zh" ? "zh-CN" : "en", { numeric: "always", style: "short" });
  return words.format(-Math.floor(seconds / size), unit);
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

const shapes = {
  absolute: {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
    timeZoneName: "short",
  },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  minute: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { day: "numeric", month: "short" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

// Making one takes far longer than using it, and a page shows hundreds of times.
const made = new Map<string, Intl.DateTimeFormat>();

function format({ language, zone }: TimeReading, shape: keyof typeof shapes): Intl.DateTimeFormat {
  const name = `${language} ${zone} ${shape}`;
  const known = made.get(name);
  if (known) return known;
  const maker = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { ...shapes[shape], timeZone: zone });
  if (made.size > 200) made.clear();
  made.set(name, maker);
  return maker;
}
