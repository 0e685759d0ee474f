import { expect, test } from "bun:test";
import { createCalendar } from "~/keys/periods.ts";
import { createMinuteWindow } from "~/keys/window.ts";

const span = (zone: string, period: "day" | "week" | "month", at: string) => {
  const { start, end } = createCalendar(zone)(period, Date.parse(at));
  return [new Date(start).toISOString(), new Date(end).toISOString()];
};

test("days, weeks and months begin at local midnight", () => {
  expect(span("UTC", "day", "2026-11-22T23:59:59.999Z")).toEqual([
    "2026-11-22T00:00:00.000Z",
    "2026-11-23T00:00:00.000Z",
  ]);
  expect(span("Asia/Shanghai", "day", "2026-11-22T16:00:00Z")).toEqual([
    "2026-11-22T16:00:00.000Z",
    "2026-11-23T16:00:00.000Z",
  ]);
  expect(span("Asia/Kolkata", "month", "2026-11-30T18:29:59Z")).toEqual([
    "2026-10-31T18:30:00.000Z",
    "2026-11-30T18:30:00.000Z",
  ]);
  // The 22nd is a Sunday: its week began on Monday the 16th.
  expect(span("UTC", "week", "2026-11-22T12:00:00Z")).toEqual(["2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"]);
  expect(span("UTC", "week", "2027-01-01T12:00:00Z")).toEqual(["2026-12-28T00:00:00.000Z", "2027-01-04T00:00:00.000Z"]);
});

test("a day on which clocks change is as long as it is", () => {
  const hours = (zone: string, at: string) => {
    const [start = "", end = ""] = span(zone, "day", at);
    return (Date.parse(end) - Date.parse(start)) / 3_600_000;
  };
  expect(hours("Europe/Berlin", "2026-03-29T12:00:00Z")).toBe(23);
  expect(hours("Europe/Berlin", "2026-10-25T12:00:00Z")).toBe(25);
  expect(hours("Australia/Lord_Howe", "2026-10-04T06:00:00Z")).toBe(23.5);
  // Midnight itself does not exist on this day.
  expect(hours("Africa/Cairo", "2026-04-24T12:00:00Z")).toBe(23);
});

test("every moment lies in its own span, and spans meet without a gap", () => {
  for (const zone of ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]) {
    const spanAt = createCalendar(zone);
    for (const period of ["day", "week", "month"] as const) {
      let { end } = spanAt(period, Date.UTC(2026, 0, 1));
      for (let i = 0; i < 60; i++) {
        const next = spanAt(period, end);
        expect(next.start).toBe(end);
        expect(spanAt(period, next.end - 1)).toEqual(next);
        end = next.end;
      }
    }
  }
});

test("a minute's window forgets second by second, and says when there will be room", () => {
  const window = createMinuteWindow();
  const at = 1_000_000_000_000;
  for (let second = 0; second < 60; second++) window.add(at + second * 1000, 1);
  expect(window.sum(at + 59_999)).toBe(60);
  expect(window.msUntil(59, at + 59_999)).toBe(1);
  expect(window.sum(at + 60_000)).toBe(59);
  expect(window.msUntil(0, at + 60_000)).toBe(59_000);
  expect(window.sum(at + 200_000)).toBe(0);
  window.add(at + 200_000, 5);
  // A correction of what is long gone changes nothing; one of what still counts does.
  window.add(at + 100_000, 7);
  window.add(at + 190_000, -2);
  expect(window.sum(at + 200_000)).toBe(3);
});
