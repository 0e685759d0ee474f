import { expect, test } from "bun:test";
import { createMemory } from "~/apis/openai-responses/memory.ts";
import { holdClock } from "../../helpers/clock.ts";

const limits = { responsesPerKey: 3, bytesPerKey: 1000, bytesInAll: 1500, ageMs: 60_000 };

function open() {
  const clock = holdClock();
  const memory = createMemory(clock, limits);
  const keep = (keyId: number, id: string, bytes = 10) => {
    const output = [{ id: `item_${id}` }];
    memory.keep(keyId, { id, said: output, output, bytes });
  };
  const knows = (keyId: number, id: string) =>
    [memory.recall(keyId, id), memory.recallItem(keyId, `item_${id}`)].filter((found) => found !== null).length;
  return { clock, keep, knows };
}

test("knows what it kept, for that key alone", () => {
  const { keep, knows } = open();
  keep(1, "a");
  expect([knows(1, "a"), knows(2, "a"), knows(1, "b")]).toEqual([2, 0, 0]);
});

test("forgets the oldest when a key has too many", () => {
  const { keep, knows } = open();
  for (const id of ["a", "b", "c", "d"]) keep(1, id);
  expect(["a", "b", "c", "d"].map((id) => knows(1, id))).toEqual([0, 2, 2, 2]);
});

test("forgets the oldest when a key's weigh too much, and never keeps one that is too heavy by itself", () => {
  const { keep, knows } = open();
  keep(1, "a", 600);
  keep(1, "b", 600);
  keep(1, "c", 1001);
  expect(["a", "b", "c"].map((id) => knows(1, id))).toEqual([0, 2, 0]);
});

test("keeps the last of two with one name, and weighs it once", () => {
  const { keep, knows } = open();
  for (let i = 0; i < 5; i++) keep(1, "a", 400);
  keep(1, "b", 400);
  expect(["a", "b"].map((id) => knows(1, id))).toEqual([2, 2]);
});

test("takes room from the key that has most when all together weigh too much", () => {
  const { keep, knows } = open();
  keep(1, "a", 300);
  keep(2, "b", 500);
  keep(2, "c", 400);
  keep(3, "d", 400);
  expect([knows(1, "a"), knows(2, "b"), knows(2, "c"), knows(3, "d")]).toEqual([2, 0, 2, 2]);
});

test("forgets what has grown old", () => {
  const { clock, keep, knows } = open();
  keep(1, "a");
  clock.pass(59_000);
  keep(1, "b");
  expect([knows(1, "a"), knows(1, "b")]).toEqual([2, 2]);
  clock.pass(2_000);
  expect([knows(1, "a"), knows(1, "b")]).toEqual([0, 2]);
  clock.pass(60_000);
  expect(knows(1, "b")).toBe(0);
});
