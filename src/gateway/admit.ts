import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import type { Left } from "~/left.ts";
import { createFairLine } from "./fair-line.ts";

/** A place among the requests in flight. `leave` gives it back, once however often it is called. */
export interface Place {
  queuedMs: number;
  leave(): void;
}

export interface Door {
  /**
   * A place, at once or after a wait in line. Throws or rejects with `too_many_requests` when the line is full or the wait too long, `shutting_down`
   * when the house closes, and the signal's reason when the client leaves the line.
   */
  enter(keyId: number, left: Left): Place | Promise<Place>;
  /** Nobody gets in any more; who is in line is turned away. */
  close(): void;
  readonly inFlight: number;
  readonly waiting: number;
}

/** How many requests the house takes in at a time; behind that the keys come in turn. */
export function createDoor(limits: { places: number; queue: number; queueMs: number }, clock: Clock): Door {
  const busy = () =>
    new GatewayError("too_many_requests", "Too many requests are in flight at this gateway", { retryAfterMs: 5_000 });
  const closing = () => new GatewayError("shutting_down", "This gateway is shutting down", { retryAfterMs: 1_000 });
  const line = createFairLine<null, () => void>({ longest: limits.queue, longestMs: limits.queueMs }, busy);
  let inFlight = 0;
  let isOpen = true;

  /** Null while all places are taken; else what gives the taken one back. */
  function take(): (() => void) | null {
    if (inFlight >= limits.places) return null;
    inFlight++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      inFlight--;
      line.serve(take);
    };
  }

  async function wait(keyId: number, left: Left): Promise<Place> {
    const since = clock.tick();
    const leave = await line.wait(null, keyId, left);
    return { queuedMs: clock.tick() - since, leave };
  }

  return {
    enter(keyId, left) {
      if (!isOpen) throw closing();
      left.throwIfAborted();
      const leave = take();
      return leave === null ? wait(keyId, left) : { queuedMs: 0, leave };
    },
    close() {
      isOpen = false;
      line.turnAllAway(closing());
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return line.length;
    },
  };
}
