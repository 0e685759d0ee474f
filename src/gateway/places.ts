import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import type { Left } from "~/left.ts";
import type { Route, Slot } from "./account.ts";
import { createFairLine } from "./fair-line.ts";

/** A place at an account. */
export interface Taken {
  route: Route;
  queuedMs: number;
}

/** Who may ask which account now: the limits in flight, the choice between accounts, and the line before them. */
export interface Places {
  /**
   * Takes a place at the best of these routes, waiting for one where all are taken. Throws or rejects with `too_many_requests` when the
   * line is full or the wait too long, `upstream_overloaded` while all of them rest, and the signal's reason when the
   * client leaves the line.
   */
  take(routes: readonly Route[], keyId: number, left: Left): Taken | Promise<Taken>;
  leave(slot: Slot): void;
  /** There may be more places than before: limits were changed. */
  again(): void;
  /** Requests in line. */
  readonly waiting: number;
  /** Requests in line for a model of an account: those who would take a place there. */
  waitingFor(slot: Slot): number;
}

export function createPlaces({ queue, queueMs }: { queue: number; queueMs: number }, clock: Clock): Places {
  const line = createFairLine<readonly Route[], Route>({ longest: queue, longestMs: queueMs }, tooLong);

  /** Null while all places are taken. Throws where there is nothing to wait for. */
  function take(routes: readonly Route[]): Route | null {
    const tick = clock.tick();
    const route = choose(routes, tick);
    if (route === null) throw allRest(routes, tick);
    if (route === "full") return null;
    route.slot.inFlight++;
    route.slot.served++;
    route.slot.breaker.asked(tick);
    return route;
  }

  async function wait(routes: readonly Route[], keyId: number, left: Left): Promise<Taken> {
    const since = clock.tick();
    return { route: await line.wait(routes, keyId, left), queuedMs: clock.tick() - since };
  }

  return {
    take(routes, keyId, left) {
      const route = take(routes);
      return route === null ? wait(routes, keyId, left) : { route, queuedMs: 0 };
    },
    leave(slot) {
      slot.inFlight--;
      line.serve(take);
    },
    again: () => line.serve(take),
    get waiting() {
      return line.length;
    },
    waitingFor: (slot) => line.wishes().filter((routes) => routes.some((route) => route.slot === slot)).length,
  };
}

/** The best route with a free place; `full` where a place will be free again, null where all of them rest. */
function choose(routes: readonly Route[], tick: number): Route | "full" | null {
  let best: Route | null = null;
  let isFull = false;
  for (const route of routes) {
    const { slot } = route;
    if (!slot.breaker.mayAsk(tick)) continue;
    if (slot.inFlight >= slot.limit) isFull = true;
    else if (best === null || isBetter(route, best, tick)) best = route;
  }
  return best ?? (isFull ? "full" : null);
}

/** Whether a route goes before another: awake before resting, then by priority, then the one with less to do for its weight. */
function isBetter(route: Route, other: Route, tick: number): boolean {
  const [a, b] = [route.account, other.account];
  const order =
    Number(isResting(route, tick)) - Number(isResting(other, tick)) ||
    a.priority - b.priority ||
    route.slot.inFlight / a.weight - other.slot.inFlight / b.weight ||
    route.slot.served / a.weight - other.slot.served / b.weight;
  return order < 0;
}

/** Whether an account said no to everything, or to this model, a short while ago. */
export function isResting({ account, slot }: Route, tick: number): boolean {
  return account.state.rest.untilTick > tick || slot.rest.untilTick > tick;
}

/** Whether nothing can be hoped for from a route at the moment. */
export function isOut(route: Route, tick: number): boolean {
  return isResting(route, tick) || !route.slot.breaker.mayAsk(tick);
}

function tooLong(routes: readonly Route[]): GatewayError {
  const model = routes[0]?.model.name ?? "this model";
  return new GatewayError(
    "too_many_requests",
    `All places that the upstream gives ${model} are taken, and the line before them is too long`,
    { retryAfterMs: 5_000 },
  );
}

function allRest(routes: readonly Route[], tick: number): GatewayError {
  const [first] = routes;
  const restMs = Math.min(...routes.map(({ slot }) => slot.breaker.restMs(tick)));
  const last = first?.slot.health.report(tick).lastError;
  return new GatewayError(
    "upstream_overloaded",
    `The upstream ${first?.account.upstream.label} failed too often with ${first?.model.name}; zgate asks it again in ${Math.max(1, Math.ceil(restMs / 1000))} s${last ? ` (last: ${last})` : ""}`,
    { upstreamCode: "circuit_open", retryAfterMs: Math.max(1_000, restMs) },
  );
}
