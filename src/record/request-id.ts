import { idEpochMs, idsPerMs } from "../../drizzle/numbers.ts";

/** Gives ids that only grow, also when the clock is set back: then they go on from the last one. */
export function createIds(lastId: number): (now: number) => number {
  let last = lastId;
  return (now) => {
    last = Math.max(last + 1, firstIdAt(now));
    return last;
  };
}

/** The smallest id of a millisecond (since 1970, UTC), so that `[from, to)` in time is a half-open range of ids. */
export function firstIdAt(ms: number): number {
  return (ms - idEpochMs) * idsPerMs;
}

/** The millisecond in which an id was given, by the clock as it never goes back. */
export function timeOfId(id: number): number {
  return Math.floor(id / idsPerMs) + idEpochMs;
}

/** The id as clients see it in `X-Request-Id`. */
export function requestIdOf(id: number): string {
  return `req_${id.toString(36)}`;
}

/** The id that a client quotes; null where the text is none of ours. */
export function idOfRequestId(text: string): number | null {
  const digits = /^req_([0-9a-z]{1,11})$/.exec(text)?.[1];
  if (digits === undefined) return null;
  const id = Number.parseInt(digits, 36);
  return Number.isSafeInteger(id) ? id : null;
}
