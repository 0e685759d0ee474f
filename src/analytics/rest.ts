import { availableParallelism } from "node:os";

/**
 * How long the reader's thread rests after work, in milliseconds, while somebody's answer is under way on the one core
 * that both have: of that core it takes about a quarter, however often it is asked. Whoever looks at page after page
 * waits a little; streams hardly notice (docs/decisions/080-dashboard-beside-traffic.md).
 */
export function restAfter(workedMs: number): number {
  return Math.min(3 * workedMs, mostRestMs);
}

/** Whether the threads of this process have to share one core. */
export const isOneCore = availableParallelism() === 1;

/** Nobody waits longer than this for a page because of the one before it. */
const mostRestMs = 500;
