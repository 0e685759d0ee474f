import type { Clock } from "~/clock.ts";
import type { Rested } from "~/credentials/rests.ts";
import { type AccountState, awake, newSlot, type Slot } from "./account.ts";
import { longestRestMs } from "./breaker.ts";

export interface StateParts {
  clock: Clock;
  breakerFailures: number;
  /** The rests that an earlier process left. */
  breakers: readonly Rested[];
  saveBreaker(row: Rested, isOver: boolean): void;
}

/** What is known of each account survives changes of its settings, and its rests survive a restart. */
export function createStates({ clock, breakers, breakerFailures, saveBreaker }: StateParts) {
  const byAccount = new Map<string, AccountState>();
  const left = new Map(breakers.map((row) => [`${row.account} ${row.model}`, row]));

  /** How long a rest of an earlier process goes on: a clock that jumped must not make it last for days. */
  function untilTick({ since, until, openings }: Rested): number {
    const longest = openings > 0 ? longestRestMs : Math.max(0, until - since);
    return clock.tick() + Math.min(Math.max(0, until - clock.now()), longest);
  }

  function restLeft(account: string, model: string) {
    const row = left.get(`${account} ${model}`);
    if (!row) return { breaker: null, rest: awake };
    const until = untilTick(row);
    if (row.openings > 0) return { breaker: { openings: row.openings, untilTick: until }, rest: awake };
    return { breaker: null, rest: { sinceTick: clock.tick(), untilTick: until, reason: row.reason } };
  }

  function of(id: string): AccountState {
    const known = byAccount.get(id);
    if (known) return known;
    const fresh: AccountState = { slots: new Map(), rest: restLeft(id, anyModel).rest };
    byAccount.set(id, fresh);
    return fresh;
  }

  function save(account: string, slot: Slot | null): void {
    const { rest } = slot ?? of(account);
    const tick = clock.tick();
    const now = clock.now();
    const openMs = slot?.breaker.restMs(tick) ?? 0;
    const isOpen = slot !== null && slot.breaker.state !== "closed";
    const restMs = Math.max(0, rest.untilTick - tick);
    const reason = isOpen ? (slot.health.report(tick).lastError ?? "") : rest.reason;
    const until = Math.round(now + (isOpen ? openMs : restMs));
    const openings = isOpen ? slot.breaker.openings : 0;
    const row = { account, model: slot?.model ?? anyModel, since: now, until, openings, reason: reason.slice(0, 200) };
    saveBreaker(row, !isOpen && restMs === 0);
  }

  return {
    of,
    save,
    addSlot(id: string, asked: string, limits: Readonly<Record<string, number>> | null): Slot {
      const { slots } = of(id);
      // Where any name is a model, those whom nobody would tell apart share a slot.
      const model = slots.size < mostSlots ? asked : "other";
      const shared = slots.get(model);
      if (shared) return shared;
      const slot = newSlot(model, limits, breakerFailures, restLeft(id, model), (changed) => save(id, changed));
      slots.set(model, slot);
      return slot;
    },
    /** Ends the rests of an account, or, of its models, that of one. */
    wake(id: string, model?: string): void {
      const state = of(id);
      state.rest = awake;
      save(id, null);
      for (const slot of state.slots.values()) {
        if (model !== undefined && slot.model !== model) continue;
        slot.rest = awake;
        slot.breaker.close();
        save(id, slot);
      }
    },
  };
}

const anyModel = "*";
const mostSlots = 500;
