/** Keeps requests from an account that fails. All times on the growing clock, in milliseconds. */
export interface Breaker {
  /** Whether a request may be sent now: always while closed, and one as a probe when the rest is over. */
  mayAsk(tick: number): boolean;
  /** A request is on its way; behind a rest it is the probe. */
  asked(tick: number): void;
  /** How a request went. `left`: nobody knows, since the client did not wait. */
  heard(outcome: "well" | "badly" | "timed out" | "left", tick: number): void;
  /** How many milliseconds of rest are left; 0 where none are. */
  restMs(tick: number): number;
  /** Ends a rest by hand. */
  close(): void;
  readonly state: "closed" | "open" | "half-open";
  /** How often in a row it was opened. */
  readonly openings: number;
}

interface Opened {
  openings: number;
  untilTick: number;
}

/** `failures`: how many within the window open it; 0 never does. `opened`: what an earlier process left. */
export function createBreaker(failures: number, opened: Opened | null, onChange: () => void): Breaker {
  let untilTick = opened?.untilTick ?? 0;
  let openings = opened?.openings ?? 0;
  let isOpen = opened !== null;
  let isProbing = false;
  /** Two halves of the window: what is older than both is forgotten. */
  let halves = [blank(), blank()];
  let halfSince = 0;

  function roll(tick: number): void {
    const passed = Math.floor((tick - halfSince) / halfMs);
    if (passed <= 0) return;
    halves = passed === 1 ? [blank(), halves[0]!] : [blank(), blank()];
    halfSince = tick;
  }

  function open(tick: number): void {
    isOpen = true;
    openings++;
    untilTick = tick + Math.min(firstRestMs * 2 ** (openings - 1), longestRestMs);
    halves = [blank(), blank()];
    onChange();
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    isProbing = false;
    openings = 0;
    onChange();
  }

  return {
    mayAsk: (tick) => !isOpen || (tick >= untilTick && !isProbing),

    asked(tick) {
      if (isOpen && tick >= untilTick) isProbing = true;
    },

    heard(outcome, tick) {
      if (failures === 0) return;
      if (isOpen) {
        // Answers to what was asked before the rest began say nothing new.
        if (!isProbing) return;
        isProbing = false;
        if (outcome === "well") close();
        else if (outcome !== "left") open(tick);
        return;
      }
      if (outcome === "left") return;
      roll(tick);
      const half = halves[0]!;
      half.asked++;
      // Whoever waits for nothing has lost more than who is told no at once.
      half.failed += outcome === "well" ? 0 : outcome === "badly" ? 1 : 2;
      const failed = halves[0]!.failed + halves[1]!.failed;
      if (outcome !== "well" && failed >= failures && failed * 2 >= halves[0]!.asked + halves[1]!.asked) open(tick);
    },

    close,
    restMs: (tick) => (isOpen ? Math.max(0, untilTick - tick) : 0),
    get state() {
      return !isOpen ? "closed" : isProbing ? "half-open" : "open";
    },
    get openings() {
      return openings;
    },
  };
}

const halfMs = 15_000;
const firstRestMs = 10_000;
export const longestRestMs = 300_000;

const blank = () => ({ asked: 0, failed: 0 });
