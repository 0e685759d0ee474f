import type { SQL } from "drizzle-orm";
import { timeOfId } from "~/record/request-id.ts";
import type { Asker } from "./question.ts";
import { idRange, idsIn, type ScopePlan } from "./scope-plan.ts";
import { windowsOf } from "./windows.ts";

/** Milliseconds for what only the rows know. */
export const rowsMs = 350;

/**
 * Walks the rows of a range from its end, window by window, as far as time allows. Gives the moment from which on
 * everything was seen, or null for the whole range.
 */
export function walkBack(
  asker: Asker,
  plan: ScopePlan,
  range: { from: number; to: number },
  see: (window: SQL) => void,
  patienceMs = rowsMs,
): number | null {
  const [first, end] = idRange(range);
  const until = asker.tick() + patienceMs;
  let seenFrom: number | null = null;
  for (const window of windowsOf(asker, plan, true, { first, end }, false)) {
    if (seenFrom !== null && asker.tick() >= until) return timeOfId(seenFrom);
    see(idsIn(window.first, window.end));
    seenFrom = window.first;
  }
  return null;
}
