import type { Db } from "~/db/open.ts";
import { createCalendar, type Period, periods } from "~/keys/periods.ts";
import { loadRecent, loadUse } from "~/record/use.ts";
import type { PastUse, Used } from "./limits.ts";

/**
 * What every key used in the windows that `now` falls into, from the record: a restart gives nobody a fresh
 * budget.
 */
export function loadPastUse(db: Db, now: number, zone: string, costOf: (used: Used) => number | null): PastUse[] {
  const spanAt = createCalendar(zone);
  const keys = new Map<number, PastUse>();
  const of = (keyId: number) => {
    const past = keys.get(keyId) ?? { keyId, budgets: noBudgets(), recent: [] };
    keys.set(keyId, past);
    return past;
  };
  for (const period of periods) {
    for (const { keyId, tokens, nanoUsd } of loadUse(db, spanAt(period, now).start, costOf)) {
      of(keyId).budgets[period] = { tokens, nanoUsd };
    }
  }
  for (const { keyId, ...recent } of loadRecent(db, now - 60_000)) of(keyId).recent.push(recent);
  return [...keys.values()];
}

function noBudgets(): Record<Period, { tokens: number; nanoUsd: number }> {
  return { day: { tokens: 0, nanoUsd: 0 }, week: { tokens: 0, nanoUsd: 0 }, month: { tokens: 0, nanoUsd: 0 } };
}
