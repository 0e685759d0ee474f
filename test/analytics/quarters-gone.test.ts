import { afterAll, beforeAll, expect, test } from "bun:test";
import { readRange } from "~/dashboard/range.ts";
import { largestError } from "~/record/histogram.ts";
import { checkDay, daysToCheck } from "~/record/rollup-check.ts";
import { differences, matching, total } from "./brute-force.ts";
import { dayMs, type Month, now, openMonth, prune } from "./world.ts";

let month: Month;
beforeAll(async () => {
  month = openMonth();
}, 30_000);
afterAll(() => month.close());

const quarters = () => {
  const sql = `select count(*) from cells where grain = 1 and starts_at < ${now - 3 * dayMs}`;
  return Number(month.writable.sqlite.query(sql).values()[0]?.[0]);
};

test("cells of quarters of an hour stay where rows go before they do", async () => {
  const before = quarters();
  await prune(month, { rowDays: 30, maxBytes: null });
  expect(before).toBeGreaterThan(0);
  expect(quarters()).toBe(before);
});

test("they stay where a limit of size may take the rows", async () => {
  const before = quarters();
  await prune(month, { rowDays: null, maxBytes: 1e12 });
  expect(quarters()).toBe(before);
});

test("where few requests come they go after two days, and half-hour zones are answered as before", async () => {
  // Twice: what is remembered of the first time must not stand in for what has gone.
  expectTheRows();
  await prune(month, { rowDays: 90, maxBytes: null });
  expect(quarters()).toBe(0);
  const { first, last } = daysToCheck(month.writable)!;
  for (let day = first; day <= last; day++) expect(checkDay(month.writable, day).differences).toEqual([]);
  expectTheRows();
});

function expectTheRows(): void {
  for (const zone of ["Asia/Kolkata", "Asia/Kathmandu", "UTC"]) {
    const { from, to, starts } = readRange(new URLSearchParams("from=2026-11-14&to=2026-11-21"), now, zone);
    for (const filters of [{}, { key: "2" }, { key: "2", outcome: "completed" }, { outcome: "failed", api: "chat" }]) {
      const scope = { from, to, filters };
      const wanted = matching(month.rows, { from, to }, filters);
      const answer = month.ask("overview", { scope, before: null, starts });
      expect(answer).toMatchObject({ rounded: false, exact: false });
      expect(differences(answer.totals, total(wanted), largestError)).toEqual([]);
      const byModel = month.ask("breakdown", { scope, by: "model", starts, limit: 10, order: "requests" });
      expect(byModel.requests).toBe(wanted.length);
      for (const { line, requests } of byModel.rows) expect(sum(line)).toBe(requests);
    }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
