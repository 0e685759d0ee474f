import type { Clock } from "~/clock.ts";

/** A clock that stands still until a test moves it. */
export interface HeldClock extends Clock {
  /** Lets so many milliseconds pass, on both its faces. */
  pass(ms: number): void;
  /** Sets the wall clock alone, as an administrator or a time server does. */
  jumpTo(at: number): void;
}

export function holdClock(at: number = Date.UTC(2026, 10, 22, 9, 30)): HeldClock {
  let wall = at;
  let ticks = 1000;
  return {
    now: () => wall,
    tick: () => ticks,
    pass(ms) {
      wall += ms;
      ticks += ms;
    },
    jumpTo(then) {
      wall = then;
    },
  };
}
