import { createWildcard } from "~/chat/wildcard.ts";
import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import { createCalendar, type Period, periods, type Span } from "~/keys/periods.ts";
import type { KeyRow, Verified } from "~/keys/verify.ts";
import { createMinuteWindow, type MinuteWindow } from "~/keys/window.ts";

/** What a request is about to use, as far as it can be told. */
export interface Ask {
  /** The model as it was asked for and as the upstream calls it: a limit may name either. */
  models: readonly string[];
  /** The model that money is counted for. */
  model: string;
  /** Estimated tokens of what was sent. */
  tokensIn: number;
  /** What the client allows for the answer; null where it does not say. */
  maxTokens: number | null;
}

export interface Used {
  model: string;
  tokensIn: number;
  tokensCached: number;
  tokensOut: number;
}

/** A place within a key's limits. The first of `settle` and `release` counts, any further call changes nothing. */
export interface Reservation {
  /** `x-ratelimit-*` as OpenAI sends them; none for a key without such limits. */
  readonly headers: Record<string, string>;
  /** What it really came to. */
  settle(used: Used): void;
  /** Gives back what was reserved: nothing was used. */
  release(): void;
}

/** What a key has used up of a budget and when that begins anew. */
export interface BudgetUse extends Span {
  tokens: number;
  nanoUsd: number;
}

/** What the requests on record say that a key has used, for a start in the middle of a window. */
export interface PastUse {
  keyId: number;
  budgets: Record<Period, { tokens: number; nanoUsd: number }>;
  /** The requests of the last minute. */
  recent: { at: number; requests: number; tokens: number }[];
}

export interface Limits {
  /**
   * Reserves a request's share of its key's limits, all of them or none. From memory. Throws `model_not_allowed`,
   * `rate_limited` (requests, tokens, requests in flight) or `budget_used_up`, each saying which limit it was.
   */
  reserve(verified: Verified, ask: Ask): Reservation;
  use(keyId: number): Record<Period, BudgetUse> & { inFlight: number };
  /** Puts back what was used before this start. */
  restore(past: readonly PastUse[]): void;
}

/** @param costOf Billionths of a US dollar, or null for a model without a price. */
export function createLimits(parts: {
  clock: Clock;
  /** The time zone of days, weeks and months. */
  zone: string;
  costOf(used: Used): number | null;
}): Limits {
  const { clock, costOf } = parts;
  const spanAt = createCalendar(parts.zone);
  const meters = new Map<number, Meter>();

  function meterOf(keyId: number, now: number): Meter {
    let meter = meters.get(keyId);
    if (!meter) {
      meter = { inFlight: 0, requests: null, tokens: null, day: cell("day"), week: cell("week"), month: cell("month") };
      meters.set(keyId, meter);
    }
    // A new cell takes the old one's place; what was reserved in the old one is settled there.
    for (const period of periods) if (now >= meter[period].end) meter[period] = cell(period);
    return meter;

    function cell(period: Period): Cell {
      const { start, end } = spanAt(period, now);
      return { start, end, tokens: 0, nanoUsd: 0 };
    }
  }

  return {
    reserve({ key }, ask) {
      const now = clock.now();
      if (!allowsModel(key, ask.models)) throw notAllowed(ask.models[0] ?? ask.model);
      const meter = meterOf(key.id, now);
      const expected = expect(ask, costOf, key);
      if (key.requestsPerMinute !== null) meter.requests ??= createMinuteWindow();
      if (key.tokensPerMinute !== null) meter.tokens ??= createMinuteWindow();
      refuseOver(key, meter, expected, now);

      meter.inFlight++;
      meter.requests?.add(now, 1);
      meter.tokens?.add(now, expected.tokens);
      return new Share(key, meter, expected, now, costOf);
    },

    use(keyId) {
      const { day, week, month, inFlight } = meterOf(keyId, clock.now());
      return { day: { ...day }, week: { ...week }, month: { ...month }, inFlight };
    },

    restore(past) {
      const now = clock.now();
      for (const { keyId, budgets, recent } of past) {
        const meter = meterOf(keyId, now);
        for (const period of periods) count(meter[period], budgets[period], 1);
        meter.requests ??= createMinuteWindow();
        meter.tokens ??= createMinuteWindow();
        for (const { at, requests, tokens } of recent) {
          meter.requests.add(at, requests);
          meter.tokens.add(at, tokens);
        }
      }
    },
  };
}

/** Whether a key may use a model, by any of its names. `*` stands for any run of characters; case does not matter. */
export function allowsModel(key: KeyRow, names: readonly string[]): boolean {
  if (key.models === null) return true;
  let patterns = allowed.get(key);
  if (!patterns) {
    patterns = key.models.map(createWildcard);
    allowed.set(key, patterns);
  }
  return patterns.some((fits) => names.some(fits));
}

/** Whether any of a key's limits needs to know how many tokens a request has. */
export function countsTokens(key: KeyRow): boolean {
  return (
    key.tokensPerMinute !== null ||
    periods.some((period) => key[tokenBudgets[period]] !== null || key[moneyBudgets[period]] !== null)
  );
}

/** What a request holds of its key's limits. */
class Share implements Reservation {
  readonly #cells: Cell[];
  #isHeld = true;

  constructor(
    private readonly key: KeyRow,
    private readonly meter: Meter,
    private readonly expected: Amount,
    private readonly now: number,
    private readonly costOf: (used: Used) => number | null,
  ) {
    this.#cells = [meter.day, meter.week, meter.month];
    for (const cell of this.#cells) count(cell, expected, 1);
  }

  get headers(): Record<string, string> {
    return rateHeaders(this.key, this.meter, this.now);
  }

  settle(used: Used): void {
    this.#end({ tokens: used.tokensIn + used.tokensOut, nanoUsd: this.costOf(used) ?? 0 });
  }

  release(): void {
    this.#end(nothing);
  }

  #end(real: Amount): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const { meter, expected } = this;
    meter.inFlight--;
    meter.tokens?.add(this.now, real.tokens - expected.tokens);
    for (const cell of this.#cells) {
      count(cell, expected, -1);
      count(cell, real, 1);
    }
  }
}

interface Cell extends Span {
  tokens: number;
  nanoUsd: number;
}

interface Meter extends Record<Period, Cell> {
  inFlight: number;
  requests: MinuteWindow | null;
  tokens: MinuteWindow | null;
}

interface Amount {
  tokens: number;
  nanoUsd: number;
}

const nothing: Amount = { tokens: 0, nanoUsd: 0 };
const allowed = new WeakMap<KeyRow, ReturnType<typeof createWildcard>[]>();

// Clients ask for room that they hardly ever use: what is reserved for an answer stays within this.
const usualAnswer = 1_000;
const longestReserved = 4_000;

const tokenBudgets = { day: "tokensPerDay", week: "tokensPerWeek", month: "tokensPerMonth" } as const;
const moneyBudgets = { day: "nanoUsdPerDay", week: "nanoUsdPerWeek", month: "nanoUsdPerMonth" } as const;

function expect(ask: Ask, costOf: (used: Used) => number | null, key: KeyRow): Amount & { prompt: Amount } {
  const tokensOut = Math.min(ask.maxTokens ?? usualAnswer, longestReserved);
  const tokens = ask.tokensIn + tokensOut;
  // Money is reserved only where it is counted before the answer.
  if (periods.every((period) => key[moneyBudgets[period]] === null)) {
    return { tokens, nanoUsd: 0, prompt: { tokens: ask.tokensIn, nanoUsd: 0 } };
  }
  const prompt = { model: ask.model, tokensIn: ask.tokensIn, tokensCached: 0, tokensOut: 0 };
  const nanoUsd = costOf({ ...prompt, tokensOut });
  if (nanoUsd === null) {
    throw new GatewayError(
      "model_not_allowed",
      `This API key has a budget in money, and the model '${ask.model}' has no price here. Its owner can set one.`,
      { param: "model" },
    );
  }
  return { tokens, nanoUsd, prompt: { tokens: ask.tokensIn, nanoUsd: costOf(prompt) ?? 0 } };
}

function refuseOver(key: KeyRow, meter: Meter, expected: Amount & { prompt: Amount }, now: number): void {
  if (key.inFlight !== null && meter.inFlight >= key.inFlight) {
    throw refusal("rate_limited", `${key.inFlight} requests in flight`, 1_000, rateHeaders(key, meter, now));
  }
  if (key.requestsPerMinute !== null && meter.requests && meter.requests.sum(now) + 1 > key.requestsPerMinute) {
    const wait = meter.requests.msUntil(key.requestsPerMinute - 1, now);
    throw refusal(
      "rate_limited",
      `${key.requestsPerMinute} requests a minute`,
      wait || 60_000,
      rateHeaders(key, meter, now),
    );
  }
  if (
    key.tokensPerMinute !== null &&
    meter.tokens &&
    !fits(meter.tokens.sum(now), expected.tokens, expected.prompt.tokens, key.tokensPerMinute)
  ) {
    const wait = meter.tokens.msUntil(Math.max(0, key.tokensPerMinute - expected.tokens), now);
    throw refusal(
      "rate_limited",
      `${key.tokensPerMinute} tokens a minute`,
      wait || 60_000,
      rateHeaders(key, meter, now),
    );
  }
  for (const period of periods) {
    const cell = meter[period];
    const tokens = key[tokenBudgets[period]];
    if (tokens !== null && !fits(cell.tokens, expected.tokens, expected.prompt.tokens, tokens)) {
      throw refusal("budget_used_up", `${tokens} tokens a ${period}`, cell.end - now, rateHeaders(key, meter, now));
    }
    const nanoUsd = key[moneyBudgets[period]];
    if (nanoUsd !== null && !fits(cell.nanoUsd, expected.nanoUsd, expected.prompt.nanoUsd, nanoUsd)) {
      const limit = `${nanoUsd / 1_000_000_000} US dollars a ${period}`;
      throw refusal("budget_used_up", limit, cell.end - now, rateHeaders(key, meter, now));
    }
  }
}

/**
 * Whether a request fits beside what is used and reserved. Where nothing is, its prompt alone must fit: a limit smaller
 * than one usual answer would otherwise let nothing through at all.
 */
function fits(used: number, expected: number, prompt: number, limit: number): boolean {
  return used + expected <= limit || (used <= 0 && prompt < limit);
}

function count(cell: Amount, amount: Amount, sign: 1 | -1): void {
  cell.tokens += sign * amount.tokens;
  cell.nanoUsd += sign * amount.nanoUsd;
}

/**
 * Requests a minute, and of all limits in tokens the one with the least left, as OpenAI tells them.
 * https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
 */
function rateHeaders(key: KeyRow, meter: Meter, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  const requests = windowRoom(key.requestsPerMinute, meter.requests, now);
  if (requests !== null) addRoom(headers, "requests", requests);
  let least = windowRoom(key.tokensPerMinute, meter.tokens, now);
  for (const period of periods) {
    const room = budgetRoom(key[tokenBudgets[period]], meter[period], now);
    if (room !== null && (least === null || room.left < least.left)) least = room;
  }
  if (least !== null) addRoom(headers, "tokens", least);
  return headers;
}

/** What a limit still lets through, and when all of it is there again. */
interface Room {
  limit: number;
  left: number;
  resetMs: number;
}

function windowRoom(limit: number | null, window: MinuteWindow | null, now: number): Room | null {
  if (limit === null || window === null) return null;
  return { limit, left: Math.max(0, Math.floor(limit - window.sum(now))), resetMs: window.msUntil(0, now) };
}

function budgetRoom(limit: number | null, { tokens, end }: Cell, now: number): Room | null {
  if (limit === null) return null;
  return { limit, left: Math.max(0, Math.floor(limit - tokens)), resetMs: end - now };
}

function addRoom(headers: Record<string, string>, what: "requests" | "tokens", room: Room): void {
  headers[`x-ratelimit-limit-${what}`] = String(room.limit);
  headers[`x-ratelimit-remaining-${what}`] = String(room.left);
  headers[`x-ratelimit-reset-${what}`] = span(room.resetMs);
}

/** `120ms`, `1s`, `6m0s`, `8h20m0s`: spans as OpenAI writes them. */
function span(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  const hours = minutes < 60 ? "" : `${Math.floor(minutes / 60)}h`;
  return `${hours}${minutes % 60}m${seconds % 60}s`;
}

function refusal(
  kind: "rate_limited" | "budget_used_up",
  limit: string,
  retryAfterMs: number,
  headers: Record<string, string>,
): GatewayError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new GatewayError(kind, `This API key's limit of ${limit} is reached. Try again in ${seconds} s.`, {
    retryAfterMs,
    headers,
  });
}

function notAllowed(model: string): GatewayError {
  return new GatewayError("model_not_allowed", `This API key may not use the model '${model.slice(0, 100)}'.`, {
    param: "model",
  });
}
