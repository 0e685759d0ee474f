/** One timer for everything that waits here: a thousand paced streams cost one wake-up a millisecond, not a thousand. */
export interface Pace {
  after(ms: number, act: () => void): void;
  wait(ms: number): Promise<void>;
  stop(): void;
}

export function createPace(): Pace {
  const due = new Map<number, (() => void)[]>();
  let timer: ReturnType<typeof setInterval> | null = null;
  let done = 0;

  function turn(): void {
    const now = Math.floor(performance.now());
    for (; done < now; done++) {
      const acts = due.get(done + 1);
      if (acts === undefined) continue;
      due.delete(done + 1);
      for (const act of acts) act();
    }
    if (due.size === 0) stop();
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  function after(ms: number, act: () => void): void {
    if (timer === null) {
      done = Math.floor(performance.now());
      timer = setInterval(turn, 1);
    }
    const at = Math.max(Math.ceil(performance.now() + ms), done + 1);
    const acts = due.get(at);
    if (acts === undefined) due.set(at, [act]);
    else acts.push(act);
  }

  return {
    after,
    wait: (ms) => new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : after(ms, resolve))),
    stop() {
      due.clear();
      stop();
    },
  };
}
