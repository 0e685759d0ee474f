/** How late the traffic thread's timers come: what every stream feels. */
export interface Lag {
  /** The worst of the last minute, in seconds. */
  worst(): number;
  stop(): void;
}

const everyMs = 250;
const kept = 60_000 / everyMs;

export function createLag(tick: () => number): Lag {
  const late = new Float64Array(kept);
  let turn = 0;
  let last = tick();
  const timer = setInterval(() => {
    const now = tick();
    late[turn++ % kept] = Math.max(0, now - last - everyMs);
    last = now;
  }, everyMs);
  timer.unref();
  return { worst: () => Math.max(...late) / 1000, stop: () => clearInterval(timer) };
}
