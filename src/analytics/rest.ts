import { availableParallelism } from "node:os";

/**
 * How long the reader's thread rests after work, in milliseconds, while somebody's answer is under way on the one core
 * that both have (docs/decisions/080-dashboard-beside-traffic.md). By the CPU time that work took, it gets a twentieth of
 * the core in the long run, however often one asks. What it did not use of that in the last seconds it may use at once:
 * some pages in a row come without a rest. With several in line each rest is shorter: the thirtieth of them would not
 * wait for half a minute.
 */
export function createRests(tick: () => number): (cpuMs: number, inLine: number) => number {
  /** When all that was used is paid for. */
  let paidAt = Number.NEGATIVE_INFINITY;
  return (cpuMs, inLine) => {
    const now = tick();
    const price = Math.max(restsPerWork * cpuMs, leastPriceMs);
    paidAt = Math.min(Math.max(paidAt, now - unusedMs) + price, now + mostRestMs);
    return Math.max(0, paidAt - now) / Math.max(1, inLine);
  };
}

/** Whether the threads of this process have to share one core. */
export const isOneCore = availableParallelism() === 1;

const restsPerWork = 20;
/** What costs streams something is that the thread comes to work at all: small pages are not for nothing. */
const leastPriceMs = 250;
const unusedMs = 1000;
/** Nobody waits longer than this for a page because of those before it. */
const mostRestMs = 1000;
