import type { Left } from "~/left.ts";
/** A bounded line before something that is scarce. */
export interface FairLine<Wish, Place> {
  /**
   * Waits for a turn. Rejects with `tooLong` when the line is full or the wait too long, and with the signal's reason when
   * the client leaves the line.
   */
  wait(wish: Wish, keyId: number, left: Left): Promise<Place>;
  /**
   * Gives what is free to those who wait: one key after the other, each key's requests in their order. `offer` has a place
   * for a wish, or null for now; whoever it throws for is turned away.
   */
  serve(offer: (wish: Wish) => Place | null): void;
  turnAllAway(reason: unknown): void;
  /** What is waited for. */
  wishes(): Wish[];
  readonly length: number;
}

interface Waiter<Wish, Place> {
  wish: Wish;
  enter(place: Place): void;
  turnAway(reason: unknown): void;
}

export function createFairLine<Wish, Place>(
  { longest, longestMs }: { longest: number; longestMs: number },
  tooLong: (wish: Wish) => Error,
): FairLine<Wish, Place> {
  /** Those who wait, by key; the keys in the order of their turns. */
  const lines = new Map<number, Set<Waiter<Wish, Place>>>();
  let length = 0;

  /** Where the line is full, the last of the key that fills it gives way to a key that waits for less. */
  function makeRoom(keyId: number): boolean {
    const [greediest] = [...lines.values()].sort((a, b) => b.size - a.size);
    if (greediest === undefined || greediest.size <= (lines.get(keyId)?.size ?? 0) + 1) return false;
    const last = [...greediest].at(-1)!;
    last.turnAway(tooLong(last.wish));
    return true;
  }

  function serveOne(offer: (wish: Wish) => Place | null): boolean {
    for (const [keyId, line] of lines) {
      for (const waiter of line) {
        let place: Place | null;
        try {
          place = offer(waiter.wish);
        } catch (reason) {
          waiter.turnAway(reason);
          return true;
        }
        if (place === null) continue;
        waiter.enter(place);
        // The next place is another key's.
        if (lines.delete(keyId) && line.size > 0) lines.set(keyId, line);
        return true;
      }
    }
    return false;
  }

  return {
    async wait(wish, keyId, left) {
      left.throwIfAborted();
      if (longestMs === 0 || (length >= longest && !makeRoom(keyId))) throw tooLong(wish);
      const { promise, resolve, reject } = Promise.withResolvers<Place>();
      const line = lines.get(keyId) ?? new Set();
      lines.set(keyId, line);
      const done = () => {
        clearTimeout(timer);
        left.removeEventListener("abort", leave);
        if (line.delete(waiter)) length--;
        if (line.size === 0 && lines.get(keyId) === line) lines.delete(keyId);
      };
      const waiter: Waiter<Wish, Place> = {
        wish,
        enter(place) {
          done();
          resolve(place);
        },
        turnAway(reason) {
          done();
          reject(reason);
        },
      };
      const timer = setTimeout(() => waiter.turnAway(tooLong(wish)), longestMs);
      const leave = () => waiter.turnAway(left.reason);
      left.addEventListener("abort", leave, { once: true });
      line.add(waiter);
      length++;
      return promise;
    },
    serve(offer) {
      while (length > 0 && serveOne(offer));
    },
    turnAllAway(reason) {
      for (const line of [...lines.values()]) for (const waiter of [...line]) waiter.turnAway(reason);
    },
    wishes: () => [...lines.values()].flatMap((line) => [...line].map(({ wish }) => wish)),
    get length() {
      return length;
    },
  };
}
