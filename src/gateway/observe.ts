import type { Glimpse, OwnWords } from "~/apis/api.ts";
import type { Tokens } from "~/chat/usage.ts";
import type { Clock } from "~/clock.ts";
import { wrongEnd } from "~/upstreams/finish.ts";
import type { SseEvent } from "~/wire/sse.ts";

/** What a stream has shown so far. It only reads; it changes nothing on the way. */
export interface Watcher {
  /** Whose words it reads; the house language unless told otherwise. */
  own: OwnWords;
  see(event: SseEvent): Glimpse | null;
  /** Counts bytes that need no closer look. */
  count(bytes: number): void;
  /** The growing clock at the first word, thought or tool call; 0 before it. */
  readonly firstTokenTick: number;
  /** Whether it has come to an end that is none of a failure. */
  readonly isFinished: boolean;
  /** Why it ended, in the upstream's own words; null where none has come. */
  readonly finish: string | null;
  /** Whether a tool call has come. */
  readonly hasCalls: boolean;
  readonly usage: Tokens | null;
  /** Output tokens by the amount of text, for an upstream that never says. */
  estimateOutput(): number;
  /** What the first event says of its answer: fields that further ones share. */
  readonly frame: Record<string, unknown>;
}

/** Looks at every event until the first word has come, and then only at those that may hold more than words. */
export function createWatcher(house: OwnWords, clock: Clock): Watcher {
  let firstTokenTick = 0;
  let isFinished = false;
  let finish: string | null = null;
  let hasCalls = false;
  let usage: Tokens | null = null;
  let frame: Record<string, unknown> = {};
  let chars = 0;
  let firstChars = 1;

  const watcher: Watcher = {
    own: house,
    see(event) {
      const { own } = watcher;
      chars += event.data.length;
      if (firstTokenTick > 0 && (event.words || !own.notable.test(event.data))) return null;
      const glimpse = own.glimpse(event);
      if (glimpse === null) return null;
      if (glimpse.frame) frame = glimpse.frame;
      if (firstTokenTick === 0 && glimpse.saysSomething) {
        firstTokenTick = clock.tick();
        firstChars = event.data.length;
      }
      finish = glimpse.finish ?? finish;
      hasCalls ||= glimpse.hasCalls;
      isFinished ||= glimpse.isFinished && wrongEnd({ reason: finish, hasCalls, mustCall: false }, "") === null;
      if (glimpse.tokens) usage = { ...(usage ?? none), ...glimpse.tokens };
      return glimpse;
    },
    count(bytes) {
      chars += bytes;
    },
    // Events of one answer are nearly all frame, much alike, and a token or so each.
    estimateOutput: () => (firstTokenTick === 0 ? 0 : Math.max(1, Math.round(chars / firstChars))),
    get firstTokenTick() {
      return firstTokenTick;
    },
    get isFinished() {
      return isFinished;
    },
    get finish() {
      return finish;
    },
    get hasCalls() {
      return hasCalls;
    },
    get usage() {
      return usage;
    },
    get frame() {
      return frame;
    },
  };
  return watcher;
}

const none: Tokens = { in: 0, out: 0, cached: 0, reasoning: 0 };
