import { createWildcard } from "~/chat/wildcard.ts";
import type { Pool } from "~/credentials/pool.ts";
import type { UpstreamModel } from "~/upstreams/upstream.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import { createHealth, type Health } from "./health.ts";
import type { Upstream } from "./upstream.ts";

/** An upstream and one thing to show it: what Z.ai counts by. */
export interface Account {
  /** `environment`, `credential 3`, or `upstream 2` for one that wants no credential. */
  readonly id: string;
  readonly upstream: Upstream;
  readonly pool: Pool;
  readonly name: string;
  readonly priority: number;
  readonly weight: number;
  /** Whether it may be asked for a model, by any of its names. */
  serves(names: readonly string[]): boolean;
  readonly state: AccountState;
  slot(model: string): Slot;
}

/** What is known of an account, whatever becomes of its settings. */
export interface AccountState {
  slots: Map<string, Slot>;
  rest: Rest;
}

/** Others go first until then. */
export interface Rest {
  sinceTick: number;
  untilTick: number;
  reason: string;
}

/** An account and a model: what has its own limit, its own rest and its own health. */
export interface Slot {
  readonly model: string;
  inFlight: number;
  /** How often it was chosen since the weights last changed. */
  served: number;
  limit: number;
  rest: Rest;
  breaker: Breaker;
  health: Health;
}

/** One way to have a request answered. */
export interface Route {
  account: Account;
  model: UpstreamModel;
  /** What a suffix of the name asked for says of thinking. */
  thinking: boolean | null;
  /** 0: the model that was asked for; from 1 on those that stand in for it. */
  rank: number;
  slot: Slot;
}

export const awake: Rest = { sinceTick: 0, untilTick: 0, reason: "" };

export function newSlot(
  model: string,
  limits: Readonly<Record<string, number>> | null,
  breakerFailures: number,
  left: { breaker: { openings: number; untilTick: number } | null; rest: Rest },
  onChange: (slot: Slot) => void,
): Slot {
  const slot: Slot = {
    model,
    inFlight: 0,
    served: 0,
    limit: limitFor(model, limits),
    rest: left.rest,
    breaker: createBreaker(breakerFailures, left.breaker, () => onChange(slot)),
    health: createHealth(),
  };
  return slot;
}

export function limitFor(model: string, limits: Readonly<Record<string, number>> | null): number {
  return limits?.[model.toLowerCase()] ?? limits?.["*"] ?? Number.POSITIVE_INFINITY;
}

/** Whether names match a list of them, in which `*` stands for any characters. Null allows all. */
export function createFilter(patterns: readonly string[] | null): (names: readonly string[]) => boolean {
  if (patterns === null) return () => true;
  const tests = patterns.map(createWildcard);
  return (names) => tests.some((fits) => names.some(fits));
}
