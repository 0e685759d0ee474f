import { afterAll, beforeAll, expect, test } from "bun:test";
import type { FilterName, Filters } from "~/analytics/scope.ts";
import { largestError } from "~/record/histogram.ts";
import { firstIdAt } from "~/record/request-id.ts";
import { differences, matching, total, wordOf } from "./brute-force.ts";
import { dayMs, type Month, now, openMonth } from "./world.ts";

let month: Month;
beforeAll(() => {
  month = openMonth();
}, 30_000);
afterAll(() => month.close());

/** With more rows than are read each time. */
const range = { from: now - 8 * dayMs - 12_345, to: now + 1 };
const starts = [range.from, range.from + dayMs, now - 3_600_000];

const onlyRows: FilterName[] = ["address", "version", "agent"];

for (const filters of [{}, { key: "2" }, { address: "198.51.100.150" }, { version: "1.9", api: "chat" }] as Filters[]) {
  test(`what only rows know is right, at first and from memory: ${JSON.stringify(filters)}`, () => {
    const wanted = matching(month.rows, range, filters).filter((row) => row.outcome !== 0);
    const scope = { ...range, filters };
    for (const _ of ["at first", "again"]) {
      for (const by of onlyRows) {
        const answer = month.ask("breakdown", { scope, by, starts, limit: 10_000, order: "requests" });
        const groups = Map.groupBy(wanted, (row) => wordOf(row, by));
        expect(answer.lookedBackTo).toBeNull();
        expect(answer.rows.map(({ value }) => value).toSorted()).toEqual([...groups.keys()].toSorted());
        for (const row of answer.rows) {
          const group = groups.get(row.value)!;
          expect(differences(row, total(group), largestError)).toEqual([]);
          const lines = starts.map((from, at) => matching(group, { from, to: starts[at + 1] ?? range.to }, {}).length);
          expect(row.line).toEqual(lines);
        }
      }
      const { totals, points } = month.ask("overview", { scope, before: null, starts });
      expect(differences(totals, total(matching(month.rows, range, filters)), largestError)).toEqual([]);
      const errors = points.reduce((all, one) => all + Object.values(one.errors).reduce((sum, n) => sum + n, 0), 0);
      expect(errors).toBe(wanted.filter((row) => row.error_kind !== null).length);
    }
  });
}

test("what is remembered of rows hides no row that comes, ends late or grows", () => {
  const { sqlite } = month.writable;
  const of = (address: string) => {
    const scope = { ...range, filters: {} };
    const { rows } = month.ask("breakdown", { scope, by: "address", starts, limit: 10_000, order: "requests" });
    return rows.find(({ value }) => value === address)?.requests;
  };
  const running = month.rows.find((row) => row.outcome === 0)!;
  const isLate = sqlite.query("select 1 from late_requests where id = ?");
  const late = matching(month.rows, range, {}).find(({ id }) => isLate.get(id) !== null)!;
  const before = [of(String(running.address)), of(String(late.address))];
  sqlite.run("update requests set outcome = 1, duration_ms = 5 where id = ?", [running.id]);
  expect(of(String(running.address))).toBe(before[0]! + 1);
  sqlite.run("update requests set requests = requests + 40 where id = ?", [late.id]);
  expect(of(String(late.address))).toBe(before[1]! + 40);
});

test("a look back that took too long says so, and the next one goes on from there", () => {
  let at = 0;
  // Every look at the clock takes a fifth of a second.
  const slow = openMonth(6_000, 9, () => {
    at += 200;
    return at;
  });
  const scope = { ...range, filters: {} };
  const ask = () =>
    slow.ask("breakdown", { scope, by: "address", starts, limit: 100, order: "requests", patienceMs: 100 });
  const first = ask();
  expect(first.lookedBackTo).toBeGreaterThan(range.from);
  const seen = matching(slow.rows, { from: first.lookedBackTo!, to: range.to }, {});
  expect(first.requests).toBe(seen.filter((row) => row.outcome !== 0).length);
  const second = ask();
  expect(second.lookedBackTo).toBeLessThan(first.lookedBackTo!);
  let last = second;
  for (let looks = 0; looks < 50 && last.lookedBackTo !== null; looks++) last = ask();
  expect(last.lookedBackTo).toBeNull();
  expect(last.requests).toBe(matching(slow.rows, range, {}).filter((row) => row.outcome !== 0).length);

  // What was not seen whole is compared with nothing.
  const before = { from: range.from - dayMs, to: range.from };
  const partial = slow.ask("overview", { scope: { ...range, filters: { version: "1.9" } }, before, starts });
  expect(partial.lookedBackTo).toBeGreaterThan(range.from);
  expect(partial.before).toBeNull();
  slow.close();
}, 30_000);

test("a look that fails half-way counts nothing twice", () => {
  let looks = 0;
  let failAt = Number.POSITIVE_INFINITY;
  const some = openMonth(6_000, 9, () => {
    if (++looks > failAt) throw new Error("the disk is gone");
    // Each look at the clock takes a tenth of what the whole walk may.
    return looks * 10;
  });
  const scope = { ...range, filters: {} };
  const ask = () =>
    some.ask("breakdown", { scope, by: "address", starts, limit: 10, order: "requests", patienceMs: 45 });
  expect(ask().lookedBackTo).not.toBeNull();
  failAt = looks + 3;
  expect(ask).toThrow("the disk is gone");
  failAt = Number.POSITIVE_INFINITY;
  let last = ask();
  while (last.lookedBackTo !== null) last = ask();
  expect(last.requests).toBe(matching(some.rows, range, {}).filter((row) => row.outcome !== 0).length);
  some.close();
}, 30_000);

test("rows that retention is about to delete are counted no more, nor remembered", () => {
  const some = openMonth();
  const middle = firstIdAt(now - 4 * dayMs);
  const ask = () =>
    some.ask("breakdown", { scope: { ...range, filters: {} }, by: "address", starts, limit: 10, order: "requests" });
  // Days with rows that no cell has are kept.
  some.writable.sqlite.run("delete from late_requests where id < ?", [middle]);
  some.writable.sqlite.run("insert or replace into rollup_marks (name, value) values ('rows', ?)", [middle]);
  const left = matching(some.rows, { from: now - 4 * dayMs, to: range.to }, {}).filter((row) => row.outcome !== 0);
  expect(ask().requests).toBe(left.length);
  some.writable.sqlite.run("delete from requests where id < ?", [middle]);
  expect(ask().requests).toBe(left.length);
  some.close();
}, 30_000);
