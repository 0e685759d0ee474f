import { expect, test } from "bun:test";
import { createBreaker } from "~/gateway/breaker.ts";

const closed = (failures = 5) => createBreaker(failures, null, () => {});

test("opens when enough requests fail, half of all or more, within half a minute", () => {
  const breaker = closed();
  for (let tick = 0; tick < 4; tick++) breaker.heard("badly", tick);
  expect([breaker.state, breaker.mayAsk(4)]).toEqual(["closed", true]);
  breaker.heard("badly", 5);
  expect([breaker.state, breaker.mayAsk(6), breaker.restMs(5)]).toEqual(["open", false, 10_000]);
});

test("stays closed where most requests go well, and where failures lie far apart", () => {
  const mixed = closed();
  for (let tick = 0; tick < 60; tick++) mixed.heard(tick % 3 === 0 ? "badly" : "well", tick);
  expect(mixed.state).toBe("closed");
  const rare = closed();
  for (let tick = 0; tick < 20; tick++) rare.heard("badly", tick * 10_000);
  expect(rare.state).toBe("closed");
});

test("a silence counts twice, so that three of them open it", () => {
  const breaker = closed();
  breaker.heard("timed out", 1);
  breaker.heard("timed out", 2);
  expect(breaker.state).toBe("closed");
  breaker.heard("timed out", 3);
  expect(breaker.state).toBe("open");
});

test("lets one probe through when the rest is over: it closes, or the rest is doubled", () => {
  let changes = 0;
  const breaker = createBreaker(1, null, () => changes++);
  breaker.heard("badly", 0);
  expect(breaker.mayAsk(9_999)).toBe(false);
  expect(breaker.mayAsk(10_000)).toBe(true);
  breaker.asked(10_000);
  expect([breaker.state, breaker.mayAsk(10_001)]).toEqual(["half-open", false]);
  breaker.heard("badly", 11_000);
  expect([breaker.state, breaker.restMs(11_000), breaker.openings]).toEqual(["open", 20_000, 2]);
  breaker.asked(31_000);
  breaker.heard("left", 31_001);
  expect([breaker.state, breaker.mayAsk(31_002)]).toEqual(["open", true]);
  breaker.asked(31_002);
  breaker.heard("well", 32_000);
  expect([breaker.state, breaker.openings, breaker.mayAsk(32_000), changes]).toEqual(["closed", 0, true, 3]);
});

test("an answer to what was asked before the rest began is no probe", () => {
  const breaker = createBreaker(1, null, () => {});
  breaker.asked(0);
  breaker.asked(0);
  breaker.heard("badly", 1);
  breaker.heard("well", 2);
  expect(breaker.state).toBe("open");
});

test("goes on resting where an earlier process left off, and never rests when it is switched off", () => {
  const breaker = createBreaker(5, { openings: 3, untilTick: 500 }, () => {});
  expect([breaker.mayAsk(499), breaker.mayAsk(500)]).toEqual([false, true]);
  const off = closed(0);
  for (let tick = 0; tick < 100; tick++) off.heard("timed out", tick);
  expect(off.state).toBe("closed");
});
