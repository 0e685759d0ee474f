import { expect, test } from "bun:test";
import { fieldValue, startOfDay } from "~/ui/days.ts";

const utc = (text: string) => Date.parse(text);

test("knows when a day begins in zones of half hours, and where clocks change", () => {
  expect(startOfDay({ year: 2026, month: 11, date: 22 }, "Asia/Kolkata")).toBe(utc("2026-11-21T18:30:00Z"));
  expect(startOfDay({ year: 2026, month: 3, date: 29 }, "Europe/Paris")).toBe(utc("2026-03-28T23:00:00Z"));
  expect(startOfDay({ year: 2026, month: 3, date: 30 }, "Europe/Paris")).toBe(utc("2026-03-29T22:00:00Z"));
  expect(startOfDay({ year: 2026, month: 10, date: 26 }, "Europe/Paris")).toBe(utc("2026-10-25T23:00:00Z"));
});

test("begins a day that has no midnight after the jump", () => {
  // The clocks of São Paulo went from 23:59 to 1:00 that night.
  const start = startOfDay({ year: 2018, month: 11, date: 4 }, "America/Sao_Paulo");
  expect(fieldValue(start, "America/Sao_Paulo")).toBe("2018-11-04T01:00");
});
