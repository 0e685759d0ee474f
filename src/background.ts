import { getPriority, setPriority } from "node:os";

/**
 * Lets the thread that calls it stand back behind the others: where all share one core, the one that carries traffic
 * is served first, and this one gets about a tenth of what traffic would like to have
 * (docs/decisions/080-dashboard-beside-traffic.md).
 */
export function standBack(): void {
  // Linux alone has a priority for each thread; elsewhere this would slow down the whole process.
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.min(getPriority() + niceness, 19));
  } catch {
    // A sandbox that forbids it: then this thread is one among others, as it was.
  }
}

const niceness = 10;
