import { afterAll, beforeAll, expect, test } from "bun:test";
import { outcomes } from "~/record/record.ts";
import { matching } from "./brute-force.ts";
import { dayMs, type Month, now, openMonth } from "./world.ts";

let month: Month;
beforeAll(() => {
  month = openMonth();
}, 30_000);
afterAll(() => month.close());

const to = now + 1;
const hourMs = dayMs / 24;

function ended(from: number, to: number, filters: Record<string, string>): number {
  const rows = matching(month.rows, { from, to }, filters).filter((row) => row.outcome !== outcomes.running);
  return rows.reduce((sum, row) => sum + row.requests, 0);
}

test("alerts see each key's last hour beside its mean one of the week before, and strangers by their addresses", () => {
  const { keys, refusals } = month.ask("alertTraffic", { windowMs: dayMs });
  expect(keys.length).toBeGreaterThan(5);
  for (const { id, lastHour, usualHour } of keys) {
    expect([id, lastHour]).toEqual([id, ended(to - hourMs, to, { key: id })]);
    expect(usualHour).toBeCloseTo(ended(to - hourMs - 7 * dayMs, to - hourMs, { key: id }) / 168, 6);
  }
  expect(keys.map(({ id }) => id)).not.toContain("none");
  for (const { address, requests } of refusals) {
    expect([address, requests]).toEqual([address, ended(to - dayMs, to, { address, outcome: "rejected" })]);
  }
});

test("nobody knows the usual hour of a key of less than a day; a young one's is that of its days", () => {
  const usual = (ageMs: number) => {
    month.writable.sqlite.query("update keys set created_at = ? where id = 1").run(now - ageMs);
    return month.ask("alertTraffic", { windowMs: dayMs }).keys.find(({ id }) => id === "1")!.usualHour;
  };
  expect(usual(5 * hourMs)).toBeNull();
  const all = ended(to - hourMs - 7 * dayMs, to - hourMs, { key: "1" });
  expect(usual(3 * dayMs)).toBeCloseTo(all / 71, 1);
});
