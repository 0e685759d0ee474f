import { afterAll, beforeAll, expect, test } from "bun:test";
import { type FilterName, type Filters, filterNames } from "~/analytics/scope.ts";
import { readRange } from "~/dashboard/range.ts";
import { largestError } from "~/record/histogram.ts";
import { differences, matching, total, wordOf } from "./brute-force.ts";
import { dayMs, type Month, now, openMonth } from "./world.ts";

let month: Month;
beforeAll(() => {
  month = openMonth();
}, 30_000);
afterAll(() => month.close());

/** Between midnights of India: no hour of UTC fits. */
const india = readRange(new URLSearchParams("from=2026-11-14&to=2026-11-21"), now, "Asia/Kolkata");
const odd = { from: now - 8 * dayMs - 12_345, to: now + 1 };
const short = { from: now - dayMs, to: now + 1 };

const filterSets: Filters[] = [
  {},
  { key: "3" },
  { outcome: "failed" },
  { outcome: "completed" },
  { status: "200" },
  { error: "none" },
  { upstream: "none" },
  { key: "1", model: "glm-4.6" },
  { key: "2", outcome: "completed" },
  { api: "chat", status: "200" },
  { model: "glm-4.7", error: "upstream_timeout" },
  { outcome: "completed", status: "200" },
  { outcome: "failed", status: "502" },
  { outcome: "rejected", error: "none" },
  { key: "1", model: "glm-4.6", api: "chat" },
  { key: "1", client: "Cherry Studio", upstream: "zai", outcome: "failed" },
  { client: "nobody" },
  { key: "77" },
];

for (const filters of filterSets) {
  test(`every number of the overview is that of the rows: ${JSON.stringify(filters)}`, () => {
    for (const range of [india, odd, short]) {
      const starts = "starts" in range ? india.starts : [range.from, range.from + 3_600_001, now - 3_600_000];
      const before = { from: range.from - 2 * dayMs, to: range.from };
      const answer = month.ask("overview", { scope: { ...range, filters }, before, starts });
      const wanted = matching(month.rows, range, filters);
      const share = answer.exact ? 0 : largestError;
      expect(differences(answer.totals, total(wanted), share)).toEqual([]);
      expect(differences(answer.before!, total(matching(month.rows, before, filters)), largestError)).toEqual([]);
      answer.points.forEach((point, at) => {
        const stretch = { from: starts[at]!, to: starts[at + 1] ?? range.to };
        const inside = matching(wanted, stretch, {});
        expect(differences(point, total(inside), share)).toEqual([]);
        const errors = Object.values(point.errors).reduce((sum, count) => sum + count, 0);
        expect(errors).toBe(inside.filter((row) => row.outcome !== 0 && row.error_kind !== null).length);
      });
    }
  });
}

const zones = ["Asia/Kolkata", "America/St_Johns", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "UTC"];
for (const zone of zones) {
  test(`days are the reader's own, one by one, though cells are of UTC's: ${zone}`, () => {
    const range = readRange(new URLSearchParams("range=30d"), now, zone);
    const { from, to, starts } = range;
    const stretches = starts.map((start, at) => ({ from: start, to: starts[at + 1] ?? to }));
    for (const filters of [{}, { key: "2" }, { key: "2", outcome: "completed" }] as Filters[]) {
      const scope = { from, to, filters };
      const { points, exact } = month.ask("overview", { scope, before: null, starts });
      expect(exact).toBe(false);
      const wanted = matching(month.rows, range, filters);
      points.forEach((point, at) => {
        expect(differences(point, total(matching(wanted, stretches[at]!, {})), largestError)).toEqual([]);
      });
      const { rows } = month.ask("breakdown", { scope, by: "outcome", starts, limit: 10, order: "requests" });
      const ended = Map.groupBy(wanted, (row) => wordOf(row, "outcome"));
      for (const { value, line } of Object.keys(filters).length < 2 ? rows : []) {
        expect(line).toEqual(stretches.map((stretch) => matching(ended.get(value)!, stretch, {}).length));
      }
    }
  });
}

test("a short range is answered from its rows and says so, a long one from cells", () => {
  const ask = (from: number) =>
    month.ask("overview", { scope: { from, to: now, filters: {} }, before: null, starts: [from] }).exact;
  expect(ask(now - dayMs)).toBe(true);
  expect(ask(now - 8 * dayMs)).toBe(false);
});

for (const filters of [{}, { key: "2" }, { outcome: "completed" }, { model: "glm-4.6", api: "chat" }] as Filters[]) {
  test(`every breakdown is that of the rows: ${JSON.stringify(filters)}`, () => {
    const rolledUp: FilterName[] = ["key", "model", "client", "api", "upstream", "outcome", "error", "status"];
    for (const range of [india, short]) {
      const starts = "starts" in range ? india.starts : [range.from, range.from + 7_200_000];
      for (const by of range === short ? filterNames : rolledUp) {
        const answer = month.ask("breakdown", {
          scope: { ...range, filters },
          by,
          starts,
          limit: 100,
          order: "requests",
        });
        const wanted = matching(month.rows, range, filters).filter((row) => row.outcome !== 0);
        const groups = Map.groupBy(wanted, (row) => wordOf(row, by));
        const shown = answer.rows.map(({ value }) => value);
        expect(answer.values).toBe(groups.size);
        expect(answer.requests).toBe(wanted.length);
        if (groups.size <= 100) expect(shown.toSorted()).toEqual([...groups.keys()].toSorted());
        for (const row of answer.rows) {
          const group = groups.get(row.value)!;
          expect(differences(row, total(group), answer.exact ? 0 : largestError)).toEqual([]);
          expect(row.line).toEqual(
            starts.map((from, at) => matching(group, { from, to: starts[at + 1] ?? range.to }, {}).length),
          );
        }
      }
    }
  });
}

test("the failing ones stand first where that is asked", () => {
  const scope = { ...india, filters: {} };
  const { rows } = month.ask("breakdown", { scope, by: "key", starts: [], limit: 20, order: "failures" });
  const failures = rows.map(({ outcomes: { failed, rejected, lost } }) => failed + rejected + lost);
  expect(failures).toEqual(failures.toSorted((one, other) => other - one));
});

test("days of 23 and 25 hours are counted whole", () => {
  // New York set its clocks back on 1 November 2026; Lord Howe moves by half an hour.
  for (const [zone, from, to] of [
    ["America/New_York", "2026-10-31", "2026-11-02"],
    ["America/New_York", "2026-03-07", "2026-03-09"],
    ["Australia/Lord_Howe", "2026-10-03", "2026-10-05"],
  ] as const) {
    const range = readRange(new URLSearchParams({ from, to }), now, zone);
    const hours = (range.to - range.from) / 3_600_000;
    expect(hours).toBe({ "2026-10-31": 73, "2026-03-07": 71, "2026-10-03": 71.5 }[from]);
  }
});
