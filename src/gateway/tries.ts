import type { Api } from "~/apis/api.ts";
import type { Credential } from "~/credentials/pool.ts";
import { type GatewayError, toGatewayError } from "~/errors.ts";
import type { Left } from "~/left.ts";
import type { Attempt, AttemptNotes } from "~/record/attempts.ts";
import type { Facts } from "~/record/record.ts";
import type { Route } from "./account.ts";
import { attempt, type Said } from "./attempt.ts";
import type { Exchange } from "./exchange.ts";
import type { Asked, Line } from "./forward.ts";
import { reasonOf } from "./health.ts";
import { isOut } from "./places.ts";
import { type Again, againAfter } from "./retries.ts";
import type { TracedAttempt } from "./tracing.ts";

/** What trying again takes. */
export interface Persistence {
  /** From the first call to the last: a try that would begin later is not made. Milliseconds. */
  budgetMs: number;
  /** Spreads those who wait for the same: 0.8 to 1.2. */
  jitter(): number;
  notes: AttemptNotes;
}

const mostTries = 8;

/** The calls of one request, until one is worth telling or nothing more can be hoped for. */
export class Tries {
  readonly #facts: Facts;
  readonly #left: Left;
  readonly #lastRank: number;
  readonly #notes: Attempt[] = [];
  /** Routes that are not asked again: for this request, or until the next wait is over. */
  readonly #hopeless: Route[] = [];
  #failed: Route[] = [];
  #rank = 0;
  #round = 0;
  #tries = 0;
  #replaced = 0;
  #current: Current | null = null;
  #lastError: GatewayError | null = null;

  constructor(
    private readonly line: Line,
    private readonly exchange: Exchange<Api>,
    private readonly asked: Asked,
  ) {
    this.#facts = exchange.record.facts;
    this.#left = exchange.left.signal;
    this.#lastRank = asked.routes.at(-1)!.rank;
  }

  /**
   * Asks, and lets `tell` begin to tell what was said; asks once more where that fails and it may help. So `tell` must
   * not let the client hear a word before it resolves. Throws what the last refusal means.
   */
  async until<T>(tell: (said: Said) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await tell(await this.#begin());
      } catch (thrown) {
        await this.#recover(toGatewayError(thrown));
      }
    }
  }

  /** The upstream is done with us, well or with this error. Gives the place back; once, however often called. */
  over(error?: unknown): void {
    const { line, exchange } = this;
    this.#end(error === undefined ? null : toGatewayError(error));
    if (exchange.calledTick > 0 && this.#facts.upstreamMs === 0) {
      this.#facts.upstreamMs = line.clock.tick() - exchange.calledTick;
    }
    if (this.#notes.length > 1) line.persistence.notes.write(this.#notes.splice(0));
  }

  async #begin(): Promise<Said> {
    const { line, exchange, asked } = this;
    const facts = this.#facts;
    if (this.#rank < this.#lastRank) this.#skipResting();
    const open = this.#tries === 0 && this.#lastRank === 0 ? asked.routes : this.#routesLeft();
    this.#name(open[0]!);
    const { route, queuedMs } = await line.fleet.places.take(open, facts.keyId, this.#left);
    const now = line.clock.tick();
    facts.queuedMs += queuedMs;
    if (exchange.calledTick === 0) exchange.calledTick = now;
    const traced = line.tracing?.attempt(exchange.record, now) ?? null;
    const current: Current = {
      route,
      startTick: now,
      status: null,
      toldMs: null,
      credential: null,
      headersMs: null,
      traced,
    };
    this.#current = current;
    this.#tries++;
    facts.attempts++;
    this.#name(route);
    const credential = await route.account.pool.take(this.#left);
    current.credential = credential;
    exchange.tape?.hide(credential.target.token);
    facts.credential = credential.name;
    const { thinking } = route;
    const ask = thinking === null ? asked.ask : { ...asked.ask, thinking: asked.ask.thinking ?? thinking };
    const place = { upstream: route.account.upstream, model: route.model };
    const wish = { ask, facts, id: `chatcmpl-${exchange.record.requestId}`, headers: traced?.headers };
    const heard = await attempt(place, credential, exchange.api, wish, line, this.#left);
    current.headersMs = line.clock.tick() - now;
    if ("said" in heard) {
      current.status = 200;
      return heard.said;
    }
    current.status = heard.status;
    current.toldMs = heard.toldMs;
    throw heard.error;
  }

  /** After a failure: resolves when the next try may begin, throws where there is none. */
  async #recover(error: GatewayError): Promise<void> {
    const { fleet, clock, persistence } = this.line;
    const tried = this.#current;
    const again = this.#end(error);
    if (this.#left.aborted) throw this.#left.reason;
    // There was no place to be had: what sent us looking for another says more.
    if (tried === null) throw this.#lastError ?? error;
    if (again === null || this.#tries >= mostTries) throw error;
    this.#lastError = error;
    const { route, credential, toldMs } = tried;
    if (error.kind === "upstream_auth_failed" && credential && this.#mayReplace(credential, route)) return;
    if (again.rest) fleet.rest(route, again.rest.of, again.rest.ms, error.kind);
    this.#failed.push(route);
    if (again.waits.length === 0) this.#hopeless.push(route);

    const spentMs = clock.tick() - this.exchange.calledTick;
    const mayGoOn = again.elsewhere && (again.isQuick || spentMs <= persistence.budgetMs);
    if (mayGoOn && this.#routesLeft().some((other) => other.slot.breaker.mayAsk(clock.tick()))) return;

    const waitMs = this.#waitBefore(again, toldMs);
    const canWait =
      waitMs !== null && this.asked.routes.some((one) => one.rank === this.#rank && !this.#hopeless.includes(one));
    if (canWait && spentMs + waitMs <= persistence.budgetMs) {
      this.#round++;
      await pause(waitMs, this.#left);
      this.#failed = [];
      return;
    }
    if (!mayGoOn || this.#rank === this.#lastRank) throw error;
    this.#rank++;
    this.#round = 0;
  }

  /** Ends the running attempt: its place, its mark on the account's health, its note. */
  #end(error: GatewayError | null): Again | null {
    if (this.#current === null) return null;
    const { fleet, clock } = this.line;
    const { route, startTick, status, credential, headersMs, traced } = this.#current;
    const { slot, account, model } = route;
    this.#current = null;
    const tick = clock.tick();
    const again = error && againAfter(error);
    const isLeft = this.#left.aborted || error?.fault === "gateway";
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
    if (this.#tries > 1 || (error !== null && !isLeft)) {
      const { record } = this.exchange;
      this.#notes.push({
        requestId: record.id,
        number: this.#notes.length + 1,
        credential: credential?.name ?? account.name,
        ...call,
        startedMs: Math.round(startTick - record.arrival.acceptedTick),
        durationMs: Math.round(tick - startTick),
      });
    }
    fleet.places.leave(slot);
    return again;
  }

  #routesLeft(): Route[] {
    const isLeft = (route: Route) =>
      route.rank === this.#rank && !this.#failed.includes(route) && !this.#hopeless.includes(route);
    return this.asked.routes.filter(isLeft);
  }

  /** A model whose accounts all rest is passed over while another stands in for it. */
  #skipResting(): void {
    const tick = this.line.clock.tick();
    while (this.#rank < this.#lastRank && this.#routesLeft().every((route) => isOut(route, tick))) this.#rank++;
  }

  /** Also a request that finds no place is on record with whom it waited for. */
  #name({ account, model }: Route): void {
    this.#facts.modelServed = model.id;
    this.#facts.upstream = account.upstream.label;
    this.exchange.stoodIn = this.#rank > 0;
  }

  /** A credential that was refused makes way for the next: the secret before a rotation, a fresh guest. */
  #mayReplace(credential: Credential, { account }: Route): boolean {
    const isWorthIt = account.pool.refuse(credential);
    return isWorthIt && this.#replaced++ < (credential.target.isGuest ? 1 : 2);
  }

  #waitBefore({ waits }: Again, toldMs: number | null): number | null {
    const { budgetMs, jitter } = this.line.persistence;
    const wait = waits[this.#round];
    if (wait === undefined || budgetMs === 0) return null;
    return Math.max(wait * jitter(), toldMs ?? 0);
  }
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
