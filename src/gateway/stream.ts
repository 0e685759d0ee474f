import { pingComment } from "~/wire/sse.ts";

export type Piece = string | Uint8Array;
/** What goes to the client, piece by piece; what is returned is the final frame, which waits for the record. */
export type Pieces = AsyncGenerator<Piece, Piece>;

export const notYet = Symbol("not yet");

/** Waits for a promise, but not longer than this. Rejects with it. */
export async function settledWithin<T>(promise: Promise<T>, ms: number): Promise<T | typeof notYet> {
  let timer: Timer | undefined;
  const late = new Promise<typeof notYet>((resolve) => {
    timer = setTimeout(resolve, ms, notYet);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
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

/**
 * The pieces of a stream, with a comment in each silence of `pingMs`: the client and every proxy in between see a living
 * connection. `first` is the piece that somebody is waiting for already. Pulls one piece at a time, so a client that
 * does not read stops the upstream.
 */
export async function* keepAlive(pieces: Pieces, first: Promise<IteratorResult<Piece, Piece>>, pingMs: number): Pieces {
  let next = first;
  try {
    for (;;) {
      const result = await settledWithin(next, pingMs);
      if (result === notYet) yield pingComment;
      else if (result.done) return result.value;
      else {
        yield result.value;
        next = pieces.next();
      }
    }
  } finally {
    // The client left or the stream broke. Whoever ends a stream has aborted its upstream before, so this is brief.
    await next.catch(() => {});
    await pieces.return("").catch(() => {});
  }
}

/** Notices a reader that takes nothing: between `handed` and `taken` no more than so long may pass. */
export function watchReader(mostMs: number, giveUp: () => void) {
  let isHanded = false;
  // One timer a stream; that it also runs while the upstream is silent changes nothing.
  const timer: Timer = setTimeout(() => (isHanded ? giveUp() : timer.refresh()), mostMs);
  return {
    handed() {
      isHanded = true;
      timer.refresh();
    },
    taken() {
      isHanded = false;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
