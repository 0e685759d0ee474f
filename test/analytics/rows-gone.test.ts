import { afterAll, beforeAll, expect, test } from "bun:test";
import { readRange } from "~/dashboard/range.ts";
import { largestError } from "~/record/histogram.ts";
import { createRoller } from "~/record/rollup.ts";
import { rollupStatements } from "~/record/statements.ts";
import { differences, matching, total } from "./brute-force.ts";
import { dayMs, type Month, now, openMonth, prune } from "./world.ts";

let month: Month;
beforeAll(async () => {
  month = openMonth();
  // Days with rows that no cell has are not taken away.
  expect((await prune(month, { rowDays: 3, maxBytes: null })).days).toEqual([]);
  createRoller(month.writable.sqlite, rollupStatements()).roll(0);
  expect((await prune(month, { rowDays: 3, maxBytes: null })).days).toHaveLength(7);
}, 30_000);
afterAll(() => month.close());

test("days whose rows are gone are answered as before, in a half-hour zone as well", () => {
  for (const zone of ["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "UTC"]) {
    const { from, to, starts } = readRange(new URLSearchParams("from=2026-11-14&to=2026-11-18"), now, zone);
    for (const filters of [{}, { key: "2" }, { key: "2", outcome: "completed" }]) {
      const answer = month.ask("overview", { scope: { from, to, filters }, before: null, starts });
      const wanted = matching(month.rows, { from, to }, filters);
      expect(answer.rounded).toBe(false);
      expect(answer.exact).toBe(false);
      expect(answer.totals.requests).toBe(wanted.length);
      expect(differences(answer.totals, total(wanted), largestError)).toEqual([]);
    }
  }
});

test("a range that begins within a cell whose rows are gone is rounded to it, and says so", () => {
  const from = Date.UTC(2026, 10, 15, 7, 52, 11);
  const to = Date.UTC(2026, 10, 17, 3, 7, 1);
  const quarter = 900_000;
  const scope = { from, to, filters: {} };
  const answer = month.ask("overview", { scope, before: null, starts: [from] });
  expect(answer.rounded).toBe(true);
  const rounded = { from: from - (from % quarter), to: to - (to % quarter) };
  const wanted = matching(month.rows, rounded, {});
  expect(answer.totals.requests).toBe(wanted.length);
});

test("a list has no rows from before, and today's are exact", () => {
  const scope = { from: now - 8 * dayMs, to: now + 1, filters: {} };
  const list = month.ask("requestList", { scope, search: "", from: null, limit: 10_000 });
  expect(Math.min(...list.lines.map(({ acceptedAt }) => acceptedAt))).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 20));
  const today = { from: now - dayMs / 2, to: now + 1 };
  const answer = month.ask("overview", { scope: { ...today, filters: {} }, before: null, starts: [today.from] });
  expect(differences(answer.totals, total(matching(month.rows, today, {})), 0)).toEqual([]);
});
