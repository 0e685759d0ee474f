import { afterEach, beforeEach, expect, test } from "bun:test";
import { costNano, listedPrices } from "~/chat/prices.ts";
import type { GatewayError } from "~/errors.ts";
import { type Ask, createLimits, type Limits, type Reservation, type Used } from "~/gateway/limits.ts";
import { type HeldClock, holdClock } from "../helpers/clock.ts";
import { ada, bearer, type House, openHouse, scratchFolder } from "../keys/house.ts";

let folder: ReturnType<typeof scratchFolder>;
let clock: HeldClock;
let house: House;
let limits: Limits;
beforeEach(async () => {
  folder = scratchFolder();
  clock = holdClock(Date.UTC(2026, 10, 22, 12));
  house = await openHouse(folder.path, clock);
  limits = createLimits({ clock, zone: "UTC", costOf: house.prices.costOf });
});
afterEach(async () => {
  await house.close();
  await folder.remove();
});

const model = "glm-4.6";
const ask = (tokensIn = 100, maxTokens: number | null = 100): Ask => ({ models: [model], model, tokensIn, maxTokens });
const used = (tokensIn: number, tokensOut: number, of = model): Used => ({
  model: of,
  tokensIn,
  tokensCached: 0,
  tokensOut,
});
const holder = async (body: Record<string, unknown>) => {
  const { token } = await house.keys.create({ name: `key-${crypto.randomUUID()}`, ...body }, ada);
  return house.keys.verify(bearer(token), "127.0.0.1");
};
const refused = (work: () => unknown): GatewayError => {
  try {
    work();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error("it was let in");
};

test("requests a minute: refused with the limit's name, headers and the wait, and let in after it", async () => {
  const verified = await holder({ requests_per_minute: 2 });
  expect(limits.reserve(verified, ask()).headers).toMatchObject({
    "x-ratelimit-limit-requests": "2",
    "x-ratelimit-remaining-requests": "1",
    "x-ratelimit-reset-requests": "1m0s",
  });
  clock.pass(10_000);
  limits.reserve(verified, ask());
  const error = refused(() => limits.reserve(verified, ask()));
  expect(error.kind).toBe("rate_limited");
  expect(error.message).toContain("2 requests a minute");
  expect(error.headers["x-ratelimit-remaining-requests"]).toBe("0");
  expect(error.retryAfterMs).toBe(50_000);
  clock.pass(50_000);
  limits.reserve(verified, ask());
});

test("tokens a minute: what was reserved is put right at the end", async () => {
  const verified = await holder({ tokens_per_minute: 1_000 });
  const first = limits.reserve(verified, ask(100, 700));
  expect(first.headers["x-ratelimit-remaining-tokens"]).toBe("200");
  expect(refused(() => limits.reserve(verified, ask(100, 700))).message).toContain("1000 tokens a minute");
  first.settle(used(100, 20));
  const second = limits.reserve(verified, ask(100, 700));
  expect(second.headers["x-ratelimit-remaining-tokens"]).toBe("80");
  second.release();
  expect(limits.reserve(verified, ask(100, 10)).headers["x-ratelimit-remaining-tokens"]).toBe("770");
});

test("of several limits in tokens the headers tell the one with the least left", async () => {
  const verified = await holder({ tokens_per_minute: 1_000, tokens_per_day: 1_500, usd_per_day: 1 });
  const told = (place: Reservation) => [
    place.headers["x-ratelimit-limit-tokens"],
    place.headers["x-ratelimit-remaining-tokens"],
  ];
  const first = limits.reserve(verified, ask(400, 100));
  expect(told(first)).toEqual(["1000", "500"]);
  first.settle(used(400, 500));
  clock.pass(61_000);
  expect(told(limits.reserve(verified, ask(100, 100)))).toEqual(["1500", "400"]);
  expect(refused(() => limits.reserve(verified, ask(400, 100))).headers["x-ratelimit-limit-tokens"]).toBe("1500");
});

test("requests in flight: a place is given back exactly once, whichever way it ends", async () => {
  const verified = await holder({ in_flight: 2 });
  const first = limits.reserve(verified, ask());
  limits.reserve(verified, ask());
  expect(refused(() => limits.reserve(verified, ask())).message).toContain("2 requests in flight");
  first.settle(used(1, 1));
  first.release();
  first.settle(used(1, 1));
  limits.reserve(verified, ask());
  expect(refused(() => limits.reserve(verified, ask())).kind).toBe("rate_limited");
  expect(limits.use(verified.keyId).inFlight).toBe(2);
  expect(limits.use(verified.keyId).day.tokens).toBe(2 + 200 + 200);
});

test("token budgets begin anew with the day, and a late answer counts for the day it was asked on", async () => {
  const verified = await holder({ tokens_per_day: 1_000 });
  limits.reserve(verified, ask(400, 100)).settle(used(400, 500));
  const error = refused(() => limits.reserve(verified, ask(100, 100)));
  expect(error.kind).toBe("budget_used_up");
  expect(error.message).toContain("1000 tokens a day");
  expect(error.retryAfterMs).toBe(12 * 3_600_000);
  expect(error.headers).toEqual({
    "x-ratelimit-limit-tokens": "1000",
    "x-ratelimit-remaining-tokens": "100",
    "x-ratelimit-reset-tokens": "12h0m0s",
  });
  clock.pass(12 * 3_600_000 - 1);
  const late = limits.reserve(verified, ask(50, 50));
  clock.pass(1);
  late.settle(used(50, 900));
  expect(limits.use(verified.keyId).day.tokens).toBe(0);
  expect(limits.use(verified.keyId).month.tokens).toBe(900 + 950);
  limits.reserve(verified, ask(400, 100));
});

test("a budget in money counts what the model costs, cached tokens at their own price", async () => {
  const verified = await holder({ usd_per_day: 0.01 });
  limits.reserve(verified, ask()).settle({ model, tokensIn: 10_000, tokensCached: 8_000, tokensOut: 1_000 });
  // 2,000 × 0.6 + 8,000 × 0.11 + 1,000 × 2.2 dollars a million.
  expect(limits.use(verified.keyId).day.nanoUsd).toBe(4_280_000);
  expect(limits.reserve(verified, ask(100, 2_000)).settle(used(5_000, 1_500))).toBeUndefined();
  expect(refused(() => limits.reserve(verified, ask())).message).toContain("0.01 US dollars a day");
});

test("a budget in money lets no model through whose price nobody knows, and free ones always", async () => {
  const verified = await holder({ usd_per_day: 0.01 });
  const unknown = refused(() => limits.reserve(verified, { ...ask(), model: "mystery-1", models: ["mystery-1"] }));
  expect(unknown.kind).toBe("model_not_allowed");
  await house.prices.set("mystery-1", { input: 1, output: 2 }, ada);
  limits.reserve(verified, { ...ask(), model: "mystery-1", models: ["mystery-1"] }).release();
  limits.reserve(verified, ask()).settle(used(0, 10_000));
  expect(refused(() => limits.reserve(verified, ask())).kind).toBe("budget_used_up");
});

test("a small budget lets a first request through that fits by its prompt", async () => {
  const verified = await holder({ tokens_per_day: 500 });
  limits.reserve(verified, ask(100, null)).settle(used(100, 20));
  expect(refused(() => limits.reserve(verified, ask(100, null))).kind).toBe("budget_used_up");
  const other = await holder({ tokens_per_day: 500 });
  expect(refused(() => limits.reserve(other, ask(600, null))).kind).toBe("budget_used_up");
});

test("models are allowed by either name, with wildcards, in any case", async () => {
  const verified = await holder({ models: ["glm-4.5*", "my.model"] });
  const models = (...names: string[]) => ({ ...ask(), models: names });
  limits.reserve(verified, models("GLM-4.5-Air"));
  limits.reserve(verified, models("0727-360B-API", "glm-4.5"));
  expect(refused(() => limits.reserve(verified, models("glm-4.6"))).kind).toBe("model_not_allowed");
  expect(refused(() => limits.reserve(verified, models("myxmodel"))).kind).toBe("model_not_allowed");
});

test("what is refused reserves nothing", async () => {
  const verified = await holder({ requests_per_minute: 10, in_flight: 10, tokens_per_day: 100 });
  for (let i = 0; i < 5; i++) refused(() => limits.reserve(verified, ask(500, 500)));
  expect(limits.use(verified.keyId)).toMatchObject({ inFlight: 0, day: { tokens: 0 } });
  expect(limits.reserve(verified, ask(10, 10)).headers["x-ratelimit-remaining-requests"]).toBe("9");
});

test("reservations and their endings add up, in any order", async () => {
  const verified = await holder({ in_flight: 1_000 });
  let expected = 0;
  const open = Array.from({ length: 500 }, () => limits.reserve(verified, ask(7, 13)));
  for (const [at, reservation] of open.sort(() => Math.random() - 0.5).entries()) {
    clock.pass(at % 7);
    if (at % 3 === 0) reservation.release();
    else reservation.settle(used(at, 1));
    if (at % 3 !== 0) expected += at + 1;
    if (at % 2) reservation.release();
  }
  expect(limits.use(verified.keyId)).toMatchObject({
    inFlight: 0,
    day: { tokens: expected },
    month: { tokens: expected },
  });
});

test("shipped prices are those of the published list", () => {
  const cost = (name: string, tokens: { in: number; cached: number; out: number }) =>
    costNano(listedPrices.get(name)!, tokens);
  expect(cost("glm-5.3", { in: 1_000_000, cached: 0, out: 0 })).toBe(1_400_000_000);
  expect(cost("glm-5.3", { in: 1_000_000, cached: 1_000_000, out: 0 })).toBe(260_000_000);
  expect(cost("glm-4.5v", { in: 0, cached: 0, out: 1_000_000 })).toBe(1_800_000_000);
  expect(cost("glm-4.5-flash", { in: 5, cached: 0, out: 5 })).toBe(0);
  expect(cost("glm-4.7-flashx", { in: 1, cached: 1, out: 0 })).toBe(10);
});
