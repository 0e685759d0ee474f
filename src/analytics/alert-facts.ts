import { breakdown } from "./breakdown.ts";
import type { Asker } from "./question.ts";
import { none, type Scope } from "./scope.ts";
import { tallyScope } from "./tally-scope.ts";
import { errorRate } from "./totals.ts";

export interface AlertTraffic {
  /** Of the window: requests that came to an end of some kind but refusals and clients that left. */
  served: number;
  errorRate: number | null;
  p95Ms: number | null;
  /** Of each key with requests in the last hour. */
  keys: { id: string; name: string; lastHour: number; usualHour: number | null }[];
  /** Refusals in the window by where they came from, the busiest first. */
  refusals: { address: string; requests: number }[];
}

/**
 * What alerts look at. `windowMs` back from now; a key's usual hour is its mean one in the seven days before, or since it
 * was made; null for a key of less than a day, whose usual hour nobody knows.
 */
export function alertTraffic({ windowMs }: { windowMs: number }, asker: Asker): AlertTraffic {
  const to = asker.now + 1;
  const window: Scope = { from: to - windowMs, to, filters: {} };
  const totals = tallyScope(window, [window.from, to], asker).whole.totals();
  const hour = byKey({ from: to - hourMs, to, filters: {} }, asker);
  const week = new Map(
    byKey({ from: to - hourMs - weekMs, to: to - hourMs, filters: {} }, asker).map((row) => [row.value, row.requests]),
  );
  const refused = breakdown(
    { scope: { ...window, filters: { outcome: "rejected" } }, by: "address", starts: [], limit: 20, order: "requests" },
    asker,
  );
  const { completed, failed, lost } = totals.outcomes;
  const made = new Map(asker.connection.sqlite.query("select id, created_at from keys").values() as [number, number][]);
  const usualHour = (key: string) => {
    const known = Math.min(weekMs, to - hourMs - (made.get(Number(key)) ?? 0));
    return known < dayMs ? null : (week.get(key) ?? 0) / (known / hourMs);
  };
  return {
    served: completed + failed + lost,
    errorRate: errorRate(totals.outcomes),
    p95Ms: totals.durationMs.p95,
    keys: hour.map(({ value, label, requests }) => ({
      id: value,
      name: label,
      lastHour: requests,
      usualHour: usualHour(value),
    })),
    refusals: refused.rows.map(({ value, requests }) => ({ address: value, requests })),
  };
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;

function byKey(scope: Scope, asker: Asker) {
  const { rows } = breakdown({ scope, by: "key", starts: [], limit: 10_000, order: "requests" }, asker);
  // Strangers are no key; what they do is counted by their addresses.
  return rows.filter(({ value }) => value !== none);
}
