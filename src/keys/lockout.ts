/** Slows down whoever guesses. */
export interface Lockout {
  /** Milliseconds until this one may try again; 0 if now. */
  waitMs(who: string, now: number): number;
  fail(who: string, now: number): void;
  forgive(who: string): void;
}

interface Failures {
  count: number;
  last: number;
}

/**
 * `free` failures cost nothing; each further one doubles the wait, from a second up to `longestMs`. A quiet quarter of
 * an hour forgives all. Memory is bounded: of too many guessers the one that was quiet longest is forgotten.
 */
export function createLockout({
  free,
  longestMs,
  most = 10_000,
}: {
  free: number;
  longestMs: number;
  most?: number;
}): Lockout {
  const guessers = new Map<string, Failures>();

  return {
    waitMs(who, now) {
      const failures = guessers.get(who);
      if (!failures || failures.count <= free) return 0;
      const wait = Math.min(1000 * 2 ** Math.min(failures.count - free - 1, 40), longestMs);
      return Math.max(0, failures.last + wait - now);
    },
    fail(who, now) {
      const before = guessers.get(who);
      const count = before && now - before.last < forgivenAfterMs ? before.count + 1 : 1;
      guessers.delete(who);
      guessers.set(who, { count, last: now });
      if (guessers.size > most) guessers.delete(guessers.keys().next().value!);
    },
    forgive(who) {
      guessers.delete(who);
    },
  };
}

const forgivenAfterMs = 15 * 60_000;
