import { after } from "~/deadlines.ts";

export type Piece = string | Uint8Array;
/** What goes to the client, piece by piece; what is returned is the final frame, which waits for the record. */
export type Pieces = AsyncGenerator<Piece, Piece>;

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
  /** The final frame, where that has come as well; null where `rest` has it. */
  final: Piece | null;
  rest: Pieces;
}

/**
 * Waits for the first word of a stream and keeps back what stands before it, so that an answer which breaks off until
 * then can be asked for once more. Rejects with whatever breaks it.
 */
export async function fromFirstWord(
  pieces: Pieces,
  seen: { readonly firstTokenTick: number; readonly isFinished: boolean },
): Promise<Begun> {
  const held: Piece[] = [];
  let next = await pieces.next();
  while (!next.done) {
    held.push(next.value);
    if (seen.firstTokenTick > 0 || seen.isFinished || held.length > longestPreface) break;
    next = await pieces.next();
  }
  return { held, final: next.done ? next.value : null, rest: pieces };
}
