import { after } from "~/deadlines.ts";
import type { Piece } from "~/wire/sink.ts";
import type { Saying } from "./saying.ts";

/** Waits for a promise, but not longer than this; says whether it has resolved. Rejects with it. */
export function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const late = after(ms, () => resolve(false));
    promise.then(
      () => {
        late.cancel();
        resolve(true);
      },
      (error) => {
        late.cancel();
        reject(error);
      },
    );
  });
}

/** What a stream may say before its first word without being believed: an upstream that goes on like this has begun. */
const longestPreface = 64;

/** A stream of which the first word has come. */
export interface Begun {
  /** What has come so far. */
  held: readonly Piece[];
  /** The rest, or at least the final frame. */
  saying: Saying;
}

/**
 * Waits for the first word of a stream and keeps back what stands before it, so that an answer which breaks off until
 * then can be asked for once more. Rejects with whatever breaks it.
 */
export async function fromFirstWord(
  saying: Saying,
  seen: { readonly firstTokenTick: number; readonly isFinished: boolean },
): Promise<Begun> {
  const held: Piece[] = [];
  while (saying.final === null) {
    const piece = await saying.next();
    if (piece !== null) held.push(piece);
    if (seen.firstTokenTick > 0 || seen.isFinished || held.length > longestPreface) break;
  }
  return { held, saying };
}
