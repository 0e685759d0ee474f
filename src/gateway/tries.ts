import type { Api } from "~/apis/api.ts";
import type { Credential } from "~/credentials/pool.ts";
import { type GatewayError, toGatewayError } from "~/errors.ts";
import type { Left } from "~/left.ts";
import type { Attempt, AttemptNotes } from "~/record/attempts.ts";
import type { Route } from "./account.ts";
import { attempt, type Said } from "./attempt.ts";
import type { Exchange } from "./exchange.ts";
import type { Asked, Line } from "./forward.ts";
import { reasonOf } from "./health.ts";
import { isOut } from "./places.ts";
import { type Again, againAfter } from "./retries.ts";
import type { TracedAttempt } from "./tracing.ts";

/** The calls of one request, until one is worth telling or nothing more can be hoped for. */
export interface Tries {
  /**
   * Asks, and lets `tell` begin to tell what was said; asks once more where that fails and it may help. So `tell` must
   * not let the client hear a word before it resolves. Throws what the last refusal means.
   */
  until<T>(tell: (said: Said) => Promise<T>): Promise<T>;
  /** The upstream is done with us, well or with this error. Gives the place back; once, however often called. */
  over(error?: unknown): void;
}

/** What trying again takes. */
export interface Persistence {
  /** From the first call to the last: a try that would begin later is not made. Milliseconds. */
  budgetMs: number;
  /** Spreads those who wait for the same: 0.8 to 1.2. */
  jitter(): number;
  notes: AttemptNotes;
}

const mostTries = 8;

export function createTries(line: Line, exchange: Exchange<Api>, { ask, routes }: Asked): Tries {
  const { fleet, clock, persistence, tracing } = line;
  const { record } = exchange;
  const { facts } = record;
  const left = exchange.left.signal;
  const notes: Attempt[] = [];
  const lastRank = routes.at(-1)!.rank;
  /** Routes that are not asked again: for this request, or until the next wait is over. */
  const hopeless = new Set<Route>();
  let failed = new Set<Route>();
  let rank = 0;
  let round = 0;
  let tries = 0;
  let replaced = 0;
  let current: Current | null = null;
  let lastError: GatewayError | null = null;

  const routesLeft = () => routes.filter((route) => route.rank === rank && !failed.has(route) && !hopeless.has(route));

  /** A model whose accounts all rest is passed over while another stands in for it. */
  function skipResting(): void {
    while (rank < lastRank && routesLeft().every((route) => isOut(route, clock.tick()))) rank++;
  }

  /** Also a request that finds no place is on record with whom it waited for. */
  function name({ account, model }: Route): void {
    facts.modelServed = model.id;
    facts.upstream = account.upstream.label;
    exchange.stoodIn = rank > 0;
  }

  async function begin(): Promise<Said> {
    if (rank < lastRank) skipResting();
    const open = tries === 0 && lastRank === 0 ? routes : routesLeft();
    name(open[0]!);
    const { route, queuedMs } = await fleet.places.take(open, facts.keyId, left);
    const now = clock.tick();
    facts.queuedMs += queuedMs;
    if (exchange.calledTick === 0) exchange.calledTick = now;
    const traced = tracing?.attempt(record, now) ?? null;
    current = { route, startTick: now, status: null, toldMs: null, credential: null, headersMs: null, traced };
    tries++;
    facts.attempts++;
    name(route);
    const credential = await route.account.pool.take(left);
    current.credential = credential;
    exchange.tape?.hide(credential.target.token);
    facts.credential = credential.name;
    const { thinking } = route;
    const wish = thinking === null ? ask : { ...ask, thinking: ask.thinking ?? thinking };
    const place = { upstream: route.account.upstream, model: route.model };
    const asked = { ask: wish, facts, id: `chatcmpl-${record.requestId}`, headers: traced?.headers };
    const heard = await attempt(place, credential, exchange.api, asked, line, left);
    current.headersMs = clock.tick() - now;
    if ("said" in heard) {
      current.status = 200;
      return heard.said;
    }
    current.status = heard.status;
    current.toldMs = heard.toldMs;
    throw heard.error;
  }

  /** Ends the running attempt: its place, its mark on the account's health, its note. */
  function end(error: GatewayError | null): Again | null {
    if (current === null) return null;
    const { route, startTick, status, credential, headersMs, traced } = current;
    const { slot, account, model } = route;
    current = null;
    const tick = clock.tick();
    const again = error && againAfter(error);
    const isLeft = left.aborted || error?.fault === "gateway";
    if (!isLeft) {
      const isWell = error?.fault !== "upstream";
      if (!isWell) slot.health.failedWith(reasonOf(error));
      slot.health.note(isWell, headersMs, clock.now(), tick);
    }
    if (error === null && !isLeft) fleet.answered(route, startTick);
    slot.breaker.heard(isLeft ? "left" : outcomeOf(error, again), tick);
    const call = {
      upstream: account.upstream.label,
      model: model.id,
      status,
      errorKind: error?.kind ?? null,
      errorText: error?.upstreamCode ?? null,
    };
    traced?.end(call, tick);
    if (tries > 1 || (error !== null && !isLeft)) {
      notes.push({
        requestId: record.id,
        number: notes.length + 1,
        credential: credential?.name ?? account.name,
        ...call,
        startedMs: Math.round(startTick - record.arrival.acceptedTick),
        durationMs: Math.round(tick - startTick),
      });
    }
    fleet.places.leave(slot);
    return again;
  }

  /** After a failure: resolves when the next try may begin, throws where there is none. */
  async function recover(error: GatewayError): Promise<void> {
    const tried = current;
    const again = end(error);
    if (left.aborted) throw left.reason;
    // There was no place to be had: what sent us looking for another says more.
    if (tried === null) throw lastError ?? error;
    if (again === null || tries >= mostTries) throw error;
    lastError = error;
    const { route, credential, toldMs } = tried;
    if (error.kind === "upstream_auth_failed" && credential && mayReplace(credential, route)) return;
    if (again.rest) fleet.rest(route, again.rest.of, again.rest.ms, error.kind);
    failed.add(route);
    if (again.waits.length === 0) hopeless.add(route);

    const spentMs = clock.tick() - exchange.calledTick;
    const mayGoOn = again.elsewhere && (again.isQuick || spentMs <= persistence.budgetMs);
    if (mayGoOn && routesLeft().some((other) => other.slot.breaker.mayAsk(clock.tick()))) return;

    const waitMs = waitBefore(again, toldMs);
    const canWait = waitMs !== null && routes.some((one) => one.rank === rank && !hopeless.has(one));
    if (canWait && spentMs + waitMs <= persistence.budgetMs) {
      round++;
      await pause(waitMs, left);
      failed = new Set();
      return;
    }
    if (!mayGoOn || rank === lastRank) throw error;
    rank++;
    round = 0;
  }

  /** A credential that was refused makes way for the next: the secret before a rotation, a fresh guest. */
  function mayReplace(credential: Credential, { account }: Route): boolean {
    const isWorthIt = account.pool.refuse(credential);
    return isWorthIt && replaced++ < (credential.target.isGuest ? 1 : 2);
  }

  function waitBefore({ waits }: Again, toldMs: number | null): number | null {
    const wait = waits[round];
    if (wait === undefined || persistence.budgetMs === 0) return null;
    return Math.max(wait * persistence.jitter(), toldMs ?? 0);
  }

  return {
    async until(tell) {
      for (;;) {
        try {
          return await tell(await begin());
        } catch (thrown) {
          await recover(toGatewayError(thrown));
        }
      }
    },
    over(error) {
      end(error === undefined ? null : toGatewayError(error));
      if (exchange.calledTick > 0 && facts.upstreamMs === 0) {
        facts.upstreamMs = clock.tick() - exchange.calledTick;
      }
      if (notes.length > 1) persistence.notes.write(notes.splice(0));
    },
  };
}

/** The attempt that is running. */
interface Current {
  route: Route;
  startTick: number;
  credential: Credential | null;
  status: number | null;
  toldMs: number | null;
  /** Until the head was heard; null before that. */
  headersMs: number | null;
  traced: TracedAttempt | null;
}

function outcomeOf(error: GatewayError | null, again: Again | null): "well" | "badly" | "timed out" {
  if (error === null || !again?.isBreakage) return "well";
  return error.kind === "upstream_timeout" ? "timed out" : "badly";
}

function pause(ms: number, left: Left): Promise<void> {
  return new Promise((resolve, reject) => {
    if (left.aborted) {
      reject(left.reason);
      return;
    }
    const leave = () => {
      clearTimeout(timer);
      reject(left.reason);
    };
    const timer = setTimeout(() => {
      left.removeEventListener("abort", leave);
      resolve();
    }, ms);
    left.addEventListener("abort", leave, { once: true });
  });
}
