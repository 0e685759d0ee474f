import type { Clock } from "~/clock.ts";
import type { Account, Slot } from "./account.ts";
import type { Fleet } from "./fleet.ts";

/** How the upstreams do, as seen from here since the start. Moments are ISO 8601, UTC. */
export interface FleetReport {
  /** Requests that wait for an account's place. */
  queued: number;
  accounts: AccountReport[];
}

export interface AccountReport {
  id: string;
  upstream: string;
  credential: string;
  dialect: string;
  in_flight: number;
  /** Said no to everything lately, so that others go first; null: it is awake. */
  rests: RestReport | null;
  models: SlotReport[];
}

export interface SlotReport {
  model: string;
  in_flight: number;
  /** Null: no limit. */
  limit: number | null;
  queued: number;
  /** `open`: not asked; `half-open`: one request probes it. */
  state: "closed" | "open" | "half-open";
  rests: RestReport | null;
  last_success_at: string | null;
  last_failure_at: string | null;
  last_error: string | null;
  /** Of the last five to ten minutes. */
  tries: number;
  /** 0 to 1; null without tries. */
  error_rate: number | null;
  /** 95 % of the answers began within this time. Milliseconds. */
  p95_ms: number | null;
}

export interface RestReport {
  until: string;
  reason: string;
}

export function fleetReport(fleet: Fleet, clock: Clock): FleetReport {
  return {
    queued: fleet.places.waiting,
    accounts: fleet.accounts().map((account) => accountReport(account, fleet, clock)),
  };
}

/** Whether anything can be asked at the moment: `down` while every account rests from all that it was asked for. */
export function fleetState({ accounts }: FleetReport): "ok" | "degraded" | "down" {
  const isUp = ({ rests, models }: AccountReport) =>
    rests === null && (models.length === 0 || models.some(({ state }) => state === "closed"));
  if (accounts.length === 0 || !accounts.some(isUp)) return "down";
  const isWell = (account: AccountReport) => isUp(account) && account.models.every(({ state }) => state === "closed");
  return accounts.every(isWell) ? "ok" : "degraded";
}

function accountReport(account: Account, fleet: Fleet, clock: Clock): AccountReport {
  const slots = [...account.state.slots.values()];
  const { rest } = account.state;
  return {
    id: account.id,
    upstream: account.upstream.name,
    credential: account.name,
    dialect: account.upstream.dialect.name,
    in_flight: slots.reduce((sum, slot) => sum + slot.inFlight, 0),
    rests: restReport(rest.untilTick, rest.reason, clock),
    models: slots.map((slot) => slotReport(slot, fleet, clock)),
  };
}

function slotReport(slot: Slot, fleet: Fleet, clock: Clock): SlotReport {
  const tick = clock.tick();
  const health = slot.health.report(tick);
  const openUntil = tick + slot.breaker.restMs(tick);
  const isOpen = slot.breaker.state !== "closed";
  return {
    model: slot.model,
    in_flight: slot.inFlight,
    limit: Number.isFinite(slot.limit) ? slot.limit : null,
    queued: fleet.places.waitingFor(slot),
    state: slot.breaker.state,
    rests: isOpen
      ? { until: iso(clock.now() + openUntil - tick), reason: health.lastError ?? "" }
      : restReport(slot.rest.untilTick, slot.rest.reason, clock),
    last_success_at: isoOrNull(health.lastSuccessAt),
    last_failure_at: isoOrNull(health.lastFailureAt),
    last_error: health.lastError,
    tries: health.tries,
    error_rate: health.errorRate,
    p95_ms: health.p95Ms,
  };
}

function restReport(untilTick: number, reason: string, clock: Clock): RestReport | null {
  const leftMs = untilTick - clock.tick();
  return leftMs > 0 ? { until: iso(clock.now() + leftMs), reason } : null;
}

const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const iso = (at: number): string => new Date(at).toISOString();
