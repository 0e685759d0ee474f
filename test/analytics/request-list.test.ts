import { afterAll, beforeAll, expect, test } from "bun:test";
import type { RequestList } from "~/analytics/request-list.ts";
import type { Filters } from "~/analytics/scope.ts";
import { requestIdOf } from "~/record/request-id.ts";
import { matching } from "./brute-force.ts";
import { dayMs, type Month, now, openMonth } from "./world.ts";

let month: Month;
beforeAll(() => {
  month = openMonth();
}, 30_000);
afterAll(() => month.close());

const range = { from: now - 7 * dayMs - 1_234, to: now + 1 };

const filterSets: Filters[] = [
  {},
  { key: "3" },
  { key: "20", outcome: "failed" },
  { outcome: "completed", status: "200", model: "glm-4.5-air" },
  { outcome: "running" },
  { address: "198.51.100.150" },
  { version: "1.9" },
  { agent: "curl/1.6", outcome: "completed" },
  { error: "rate_limited", api: "messages" },
  { key: "77" },
];

for (const filters of filterSets) {
  test(`every request is on one page, both ways, in its order: ${JSON.stringify(filters)}`, () => {
    const wanted = matching(month.rows, range, filters)
      .map(({ id }) => id)
      .toReversed();
    const down = pages((from) =>
      month.ask("requestList", { scope: { ...range, filters }, search: "", from, limit: 50 }),
    );
    expect(down).toEqual(wanted);
    const up: number[] = [];
    for (let newer: number | null = 0; newer !== null; ) {
      const scope = { ...range, filters };
      const list: RequestList = month.ask("requestList", { scope, search: "", from: { newerThan: newer }, limit: 50 });
      up.unshift(...list.lines.map(({ id }) => id));
      newer = list.newer;
    }
    expect(up).toEqual(wanted);
  });
}

test("a search finds an id, a piece of a user agent, of an address, of an error text", () => {
  const search = (text: string) =>
    pages((from) => month.ask("requestList", { scope: { ...range, filters: {} }, search: text, from, limit: 200 }));
  const rows = matching(month.rows, range, {}).toReversed();
  const one = rows[40]!.id;
  expect(search(requestIdOf(one))).toEqual([one]);
  const found = (is: (row: (typeof rows)[number]) => boolean) => rows.filter(is).map(({ id }) => id);
  expect(search("herry stud")).toEqual(found((row) => /cherry studio/i.test(String(row.agent))));
  expect(search("100.19")).toEqual(found((row) => String(row.address).includes("100.19")));
  expect(search("HTTP 51")).toEqual(found((row) => String(row.error_text).includes("HTTP 51")));
  expect(search("100%")).toEqual([]);
});

test("a search that takes too long says how far back it came, and goes on from there", () => {
  const slow = openMonth(2_000, 9, slowClock());
  const lists: RequestList[] = [];
  for (let from: { olderThan: number } | null = null; ; ) {
    const list: RequestList = slow.ask("requestList", {
      scope: { ...range, filters: {} },
      search: "HTTP 503",
      from,
      limit: 5,
    });
    lists.push(list);
    if (list.older === null) break;
    from = { olderThan: list.older };
  }
  expect(lists.some(({ lookedBackTo, lines }) => lookedBackTo !== null && lines.length < 5)).toBe(true);
  const all = lists.flatMap(({ lines }) => lines.map(({ id }) => id));
  const wanted = matching(slow.rows, range, {}).filter((row) => row.error_text === "HTTP 503");
  expect(all).toEqual(wanted.map(({ id }) => id).toReversed());
  slow.close();
});

/** Every look at it costs a fifth of a second. */
function slowClock(): () => number {
  let tick = 0;
  return () => {
    tick += 200;
    return tick;
  };
}

function pages(ask: (from: { olderThan: number } | null) => RequestList): number[] {
  const ids: number[] = [];
  for (let from: { olderThan: number } | null = null; ; ) {
    const { lines, older }: RequestList = ask(from);
    ids.push(...lines.map(({ id }) => id));
    if (older === null) return ids;
    from = { olderThan: older };
  }
}
