import { expect, test } from "bun:test";
import { readRange } from "~/dashboard/range.ts";
import { fieldValue } from "~/ui/days.ts";

const now = Date.parse("2026-11-22T12:34:56Z");
const read = (query: string, zone = "Asia/Kolkata") => readRange(new URLSearchParams(query), now, zone);

test("cuts the usual ranges into cells of the reader's clock, the last one up to now", () => {
  for (const [name, cells] of [
    ["1h", 60],
    ["24h", 48],
    ["7d", 56],
    ["30d", 30],
    ["90d", 90],
  ] as const) {
    const range = read(`range=${name}`);
    expect(range.starts).toHaveLength(cells);
    expect(range.starts[0]).toBe(range.from);
    expect(range.to).toBe(now + 1);
    expect(range.starts.at(-1)!).toBeLessThanOrEqual(now);
    const minutes = Math.floor((range.to - range.from) / 60_000);
    expect(range.before).toEqual({ from: range.from - minutes * 60_000, to: range.from });
  }
  expect(fieldValue(read("range=30d").from, "Asia/Kolkata")).toBe("2026-10-24T00:00");
});

test("reads days and minutes of the reader's; the last day belongs to it", () => {
  const days = read("from=2026-11-01&to=2026-11-02");
  expect([days.from, days.to]).toEqual([Date.parse("2026-10-31T18:30:00Z"), Date.parse("2026-11-02T18:30:00Z")]);
  const minutes = read("from=2026-11-01T10:15&to=2026-11-01T11:45", "UTC");
  expect([minutes.from, minutes.to]).toEqual([Date.parse("2026-11-01T10:15Z"), Date.parse("2026-11-01T11:45Z")]);
});

test("keeps cells of hours apart on a day of 25 hours", () => {
  const { starts, to } = read("from=2026-10-25&to=2026-10-25", "Europe/Paris");
  const lengths = starts.map((start, at) => (starts[at + 1] ?? to) - start);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(25 * 3_600_000);
  expect(Math.min(...lengths)).toBeGreaterThan(0);
});

test("takes what makes no sense for the usual range", () => {
  for (const query of [
    "range=forever",
    "from=2026-13-40",
    "from=2026-11-20&to=2026-11-01",
    "from=9999-01-01",
    "to=x",
  ]) {
    expect(read(query).name).toBe("24h");
  }
});
