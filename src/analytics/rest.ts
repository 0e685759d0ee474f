import { availableParallelism } from "node:os";

/**
 * How long the reader's thread rests after work, in milliseconds, while somebody's answer is under way on the one core
 * that both have. By the CPU time that the work took: a thirteenth of the core in all, however often one asks. Whoever
 * looks at page after page waits a little (docs/decisions/080-dashboard-beside-traffic.md). With several in line each rest
 * is shorter: the thirtieth of them would not wait for half a minute.
 */
export function restAfter(cpuMs: number, inLine: number): number {
  return Math.min(Math.max(12 * cpuMs, leastRestMs), mostRestMs) / Math.max(1, inLine);
}

/** Whether the threads of this process have to share one core. */
export const isOneCore = availableParallelism() === 1;

/** Nobody waits longer than this for a page because of the one before it. */
const mostRestMs = 1000;

/** What costs streams something is that the thread comes to work at all: small pages take as long a turn as others. */
const leastRestMs = 150;
