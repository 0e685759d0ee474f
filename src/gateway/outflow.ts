import { after } from "~/deadlines.ts";
import type { Left } from "~/left.ts";
import type { Piece } from "~/wire/sink.ts";
import { pingComment } from "~/wire/sse.ts";

/** The way of a stream to its client. */
export interface Outflow {
  /** Resolves when the client takes more; undefined where it does at once. */
  write(piece: Piece): Promise<void> | undefined;
}

interface Wishes {
  left: Left;
  /** Whether there is something to write at once; otherwise a comment takes the answer's head to the client. */
  hasBegun: boolean;
  /** How long nothing may be written before a comment is: the client and every proxy in between see a living connection. */
  pingMs: number;
  /** How long a client may take nothing before it is given up. */
  patienceMs: number;
  /** The client has left, or takes nothing. Must make `left` so. */
  leave(): void;
}

/**
 * A body whose pieces go straight to the socket, with comments in its silences. `tell` writes all of it, and waits where
 * the client does not keep up; when it resolves, the stream ends. It is called once, also where the client is gone before
 * anything could be written.
 */
export function openOutflow(wishes: Wishes, tell: (outflow: Outflow) => Promise<void>): BodyInit {
  const { left, hasBegun, pingMs, leave } = wishes;
  let isPulled = false;
  const tellNobody = () => {
    if (!isPulled) void tell({ write: () => undefined });
    isPulled = true;
  };
  left.addEventListener("abort", tellNobody, { once: true });

  async function pull(sink: ReadableStreamDirectController): Promise<void> {
    if (isPulled) return;
    isPulled = true;
    let isPressed = false;
    const ping = after(pingMs, () => {
      if (!isPressed) sink.write(pingComment);
      ping.refresh();
    });
    if (!hasBegun) sink.write(pingComment);
    const write = (piece: Piece) => {
      ping.refresh();
      const pressed: unknown = sink.write(piece);
      if (!(pressed instanceof Promise)) return undefined;
      isPressed = true;
      const taken = untilTaken(pressed, wishes).finally(() => {
        isPressed = false;
      });
      // Whoever writes the last of all does not wait for it.
      taken.catch(() => {});
      return taken;
    };
    try {
      await tell({ write });
    } finally {
      ping.cancel();
      sink.end();
    }
  }

  function cancel(): void {
    leave();
    // Nobody listens any more for a client who had left before.
    tellNobody();
  }

  // The runtime's own kind of stream: nothing stands between `write` and the socket, and `write` says when that is full.
  const source = { type: "direct", pull, cancel };
  const stream = new ReadableStream(source as unknown as UnderlyingDefaultSource);
  return stream as unknown as BodyInit;
}

/** Whoever takes nothing must not keep a place at the upstream from the others. */
async function untilTaken(pressed: Promise<unknown>, { left, patienceMs, leave }: Wishes): Promise<void> {
  const patience = after(patienceMs, leave);
  const gone = Promise.withResolvers<void>();
  left.addEventListener("abort", gone.resolve, { once: true });
  if (left.aborted) gone.resolve();
  try {
    await Promise.race([pressed, gone.promise]);
  } finally {
    patience.cancel();
    left.removeEventListener("abort", gone.resolve);
  }
}
