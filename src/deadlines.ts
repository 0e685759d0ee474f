/** Something that happens unless it is called off first. */
export class Deadline {
  due = 0;
  constructor(
    private readonly line: Line,
    readonly act: () => void,
  ) {
    line.add(this);
  }

  /** Begins its time anew. */
  refresh(): void {
    this.line.waiting.delete(this);
    this.line.add(this);
  }

  /** Once is enough, and any number of times is no harm. */
  cancel(): void {
    this.line.waiting.delete(this);
  }
}

/**
 * `setTimeout` for limits that nearly always end unused, many at once and all of few lengths: all of one length share a
 * timer, so that one more costs a place in a set. They never keep the process alive by themselves.
 */
export function after(ms: number, act: () => void): Deadline {
  let line = lines.get(ms);
  if (line === undefined) {
    line = new Line(ms);
    lines.set(ms, line);
  }
  return new Deadline(line, act);
}

const lines = new Map<number, Line>();

/** Deadlines of one length, in the order in which they fall due. */
class Line {
  readonly waiting = new Set<Deadline>();
  private isArmed = false;

  constructor(private readonly ms: number) {}

  add(deadline: Deadline): void {
    deadline.due = performance.now() + this.ms;
    this.waiting.add(deadline);
    if (!this.isArmed) this.arm(this.ms);
  }

  private arm(ms: number): void {
    this.isArmed = true;
    setTimeout(() => this.ring(), ms).unref();
  }

  private ring(): void {
    const now = performance.now();
    try {
      for (const deadline of this.waiting) {
        // Timers may ring a fraction of a millisecond early.
        if (deadline.due > now + 0.5) break;
        this.waiting.delete(deadline);
        deadline.act();
      }
    } finally {
      // Only now, when those are in line that began anew meanwhile: the timer is for the first, whoever that is.
      this.isArmed = false;
      const [next] = this.waiting;
      if (next === undefined) lines.delete(this.ms);
      else this.arm(Math.max(0, Math.ceil(next.due - now)));
    }
  }
}
