export interface Calm {
  stop(): void;
}

interface Options {
  /** So many at a time leave behind what is worth collecting. */
  many?: number;
  everyMs?: number;
  collect?: () => void;
}

/**
 * Gives back what many requests at a time left behind, once the last of them is over. The runtime alone collects when it
 * needs room: five hundred streams then leave 60 MB for as long as nobody asks, and the next ones come on top. It takes
 * some 20 ms in which no stream moves (docs/decisions/041-large-bodies.md), so only when none is there.
 */
export function collectWhenCalm(
  open: ReadonlySet<unknown>,
  { many = 32, everyMs = 1000, collect = () => Bun.gc(true) }: Options = {},
): Calm {
  let most = 0;
  let wasCalm = false;
  const timer = setInterval(() => {
    const isCalm = open.size === 0;
    if (isCalm && wasCalm && most >= many) {
      most = 0;
      collect();
    }
    most = Math.max(most, open.size);
    wasCalm = isCalm;
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
