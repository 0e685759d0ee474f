import type { Glimpse, OwnWords } from "~/apis/api.ts";
import type { Tokens } from "~/chat/usage.ts";
import type { Clock } from "~/clock.ts";
import { wrongEnd } from "~/upstreams/finish.ts";
import type { SseEvent } from "~/wire/sse.ts";

/**
 * What a stream has shown so far. It only reads; it changes nothing on the way. It looks at every event until the first word
 * has come, and then only at those that may hold more than words.
 */
export class Watcher {
  /** Whose words it reads; the house language unless told otherwise. */
  own: OwnWords;
  /** The growing clock at the first word, thought or tool call; 0 before it. */
  firstTokenTick = 0;
  /** Whether it has come to an end that is none of a failure. */
  isFinished = false;
  /** Why it ended, in the upstream's own words; null where none has come. */
  finish: string | null = null;
  /** Whether a tool call has come. */
  hasCalls = false;
  usage: Tokens | null = null;
  /** What the first event says of its answer: fields that further ones share. */
  frame: Record<string, unknown> = {};
  #chars = 0;
  #firstChars = 1;

  constructor(
    private readonly house: OwnWords,
    private readonly clock: Pick<Clock, "tick">,
  ) {
    this.own = house;
  }

  /** Another try: what an earlier one has shown is forgotten. */
  begin(): void {
    this.own = this.house;
    this.firstTokenTick = 0;
    this.isFinished = false;
    this.finish = null;
    this.hasCalls = false;
    this.usage = null;
    this.frame = {};
    this.#chars = 0;
    this.#firstChars = 1;
  }

  see(event: SseEvent): Glimpse | null {
    const { own } = this;
    this.#chars += event.weight ?? event.data.length;
    if (this.firstTokenTick > 0 && (event.words || !own.notable.test(event.data))) return null;
    const glimpse = own.glimpse(event);
    if (glimpse === null) return null;
    if (glimpse.frame) this.frame = glimpse.frame;
    if (this.firstTokenTick === 0 && glimpse.saysSomething) {
      this.firstTokenTick = this.clock.tick();
      this.#firstChars = event.data.length;
    }
    this.finish = glimpse.finish ?? this.finish;
    this.hasCalls ||= glimpse.hasCalls;
    const end = { reason: this.finish, hasCalls: this.hasCalls, mustCall: false };
    this.isFinished ||= glimpse.isFinished && wrongEnd(end, "") === null;
    if (glimpse.tokens) this.usage = { ...(this.usage ?? none), ...glimpse.tokens };
    return glimpse;
  }

  /** Counts bytes that need no closer look. */
  count(bytes: number): void {
    this.#chars += bytes;
  }

  /**
   * Output tokens by the amount of text, for an upstream that never says: events of one answer are nearly all frame, much
   * alike, and a token or so each.
   */
  estimateOutput(): number {
    return this.firstTokenTick === 0 ? 0 : Math.max(1, Math.round(this.#chars / this.#firstChars));
  }
}

const none: Tokens = { in: 0, out: 0, cached: 0, reasoning: 0 };
