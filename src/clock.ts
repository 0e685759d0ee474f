/** The time, as an argument: rooms never call it by themselves, so tests can hold it still. */
export interface Clock {
  /** Milliseconds since 1970, UTC: for stamps. */
  now(): number;
  /** Milliseconds that only ever grow: for durations. */
  tick(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  tick: () => performance.now(),
};
