import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";

/** A place among the requests in flight. `leave` gives it back, once however often it is called. */
export interface Place {
  queuedMs: number;
  leave(): void;
}

export interface Door {
  /**
   * Waits in line for a place. Throws `too_many_requests` when the line is full or the wait too long, `shutting_down`
   * when the house closes, and the signal's reason when the client leaves the line.
   */
  enter(left: AbortSignal): Promise<Place>;
  /** Nobody gets in any more; who is in line is turned away. */
  close(): void;
  readonly inFlight: number;
  readonly waiting: number;
}

interface Waiter {
  enter(): void;
  turnAway(reason: unknown): void;
}

/** First come, first served. */
export function createDoor(limits: { places: number; queue: number; queueMs: number }, clock: Clock): Door {
  const line = new Set<Waiter>();
  let inFlight = 0;
  let isOpen = true;

  const busy = () =>
    new GatewayError("too_many_requests", "Too many requests are in flight at this gateway", { retryAfterMs: 5_000 });
  const closing = () => new GatewayError("shutting_down", "This gateway is shutting down", { retryAfterMs: 1_000 });

  function take(queuedMs: number): Place {
    inFlight++;
    let isHeld = true;
    return {
      queuedMs,
      leave() {
        if (!isHeld) return;
        isHeld = false;
        inFlight--;
        const [next] = line;
        next?.enter();
      },
    };
  }

  function wait(left: AbortSignal): Promise<Place> {
    const since = clock.tick();
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        left.removeEventListener("abort", leave);
        line.delete(waiter);
      };
      const waiter: Waiter = {
        enter() {
          done();
          resolve(take(clock.tick() - since));
        },
        turnAway(reason) {
          done();
          reject(reason);
        },
      };
      const timer = setTimeout(() => waiter.turnAway(busy()), limits.queueMs);
      const leave = () => waiter.turnAway(left.reason);
      left.addEventListener("abort", leave, { once: true });
      line.add(waiter);
    });
  }

  return {
    async enter(left) {
      if (!isOpen) throw closing();
      left.throwIfAborted();
      if (inFlight < limits.places) return take(0);
      if (line.size >= limits.queue) throw busy();
      return wait(left);
    },
    close() {
      isOpen = false;
      for (const waiter of [...line]) waiter.turnAway(closing());
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return line.size;
    },
  };
}
