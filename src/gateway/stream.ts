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

/**
 * Waits for the first word of a stream and keeps back what stands before it, so that an answer which breaks off until
 * then can be asked for once more. Rejects with whatever breaks it; what it resolves with begins at the beginning.
 */
export async function fromFirstWord(
  pieces: Pieces,
  seen: { readonly firstTokenTick: number; readonly isFinished: boolean },
): Promise<Pieces> {
  const held: Piece[] = [];
  let next = await pieces.next();
  while (!next.done) {
    held.push(next.value);
    if (seen.firstTokenTick > 0 || seen.isFinished || held.length > longestPreface) break;
    next = await pieces.next();
  }
  return begun(held, next.done ? next.value : null, pieces);
}

async function* begun(held: Piece[], final: Piece | null, pieces: Pieces): Pieces {
  try {
    yield* held;
    return final ?? (yield* pieces);
  } finally {
    await pieces.return("").catch(() => {});
  }
}
