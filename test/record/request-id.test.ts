import { expect, test } from "bun:test";
import { createIds, firstIdAt, idOfRequestId, requestIdOf, timeOfId } from "~/record/request-id.ts";

const noon = Date.UTC(2026, 10, 22, 12);

test("ids grow, within a millisecond, past a full one and when the clock goes back", () => {
  const nextId = createIds(0);
  const ids = [nextId(noon), nextId(noon), nextId(noon - 5000)];
  for (let n = 0; n < 5000; n++) ids.push(nextId(noon));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  expect(timeOfId(ids[0]!)).toBe(noon);
  expect(timeOfId(ids.at(-1)!)).toBe(noon + 1);
  expect(nextId(noon + 60_000)).toBe(firstIdAt(noon + 60_000));
});

test("a range of time is a half-open range of ids", () => {
  const nextId = createIds(0);
  const [before, from, last, to] = [noon - 1, noon, noon + 999, noon + 1000].map(nextId);
  const within = [before, from, last, to].filter((id) => id! >= firstIdAt(noon) && id! < firstIdAt(noon + 1000));
  expect(within).toEqual([from, last]);
});

test("the text that clients see leads back to the id", () => {
  const id = createIds(0)(noon);
  expect(idOfRequestId(requestIdOf(id))).toBe(id);
  expect(requestIdOf(id)).toMatch(/^req_[0-9a-z]+$/);
  for (const strange of ["", "req_", "req_-1", "req_UPPER", "req_zzzzzzzzzzz", "17", "req_1'--"]) {
    expect(idOfRequestId(strange)).toBeNull();
  }
});
