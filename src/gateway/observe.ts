import type { ChatChunk } from "~/chat/chat.ts";
import { parseChunk } from "~/chat/chunk.ts";
import { estimateTokens, readUsage, type Tokens } from "~/chat/usage.ts";
import type { Clock } from "~/clock.ts";
import type { SseEvent } from "~/wire/sse.ts";

/** What a stream of chat chunks has shown so far. It only reads; it changes nothing on the way. */
export interface Watcher {
  see(data: string): ChatChunk | null;
  /** Counts bytes that need no closer look. */
  count(bytes: number): void;
  /** The growing clock at the first word, thought or tool call; 0 before it. */
  readonly firstTokenTick: number;
  readonly isFinished: boolean;
  readonly usage: Tokens | null;
  /** Output tokens by the amount of text, for an upstream that never says. */
  estimateOutput(): number;
  /** A chunk to model further ones on; null before the first. */
  readonly sample: ChatChunk | null;
}

/**
 * Parses until the first word has come and then only what looks as if it held a finish reason, usage or an error: inside
 * a JSON string these marks would be escaped, so nothing that a model writes can look like them.
 */
const notable = /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:/;

/** The same for whole network reads, where the end mark counts too. */
export const notableInBytes = /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:|\[DONE\]/;

export function createWatcher(clock: Clock): Watcher {
  let firstTokenTick = 0;
  let isFinished = false;
  let usage: Tokens | null = null;
  let sample: ChatChunk | null = null;
  let chars = 0;
  let firstChars = 1;
  let firstTokens = 1;

  return {
    see(data) {
      chars += data.length;
      if (firstTokenTick > 0 && !notable.test(data)) return null;
      const chunk = parseChunk(data);
      if (chunk === null) return null;
      sample ??= chunk;
      if (firstTokenTick === 0 && saysSomething(chunk)) {
        firstTokenTick = clock.tick();
        firstChars = data.length;
        firstTokens = estimateTokens(words(chunk));
      }
      if (chunk.choices?.some(({ finish_reason }) => typeof finish_reason === "string")) isFinished = true;
      usage = readUsage(chunk.usage) ?? usage;
      return chunk;
    },
    count(bytes) {
      chars += bytes;
    },
    // Chunks of one answer are nearly all frame and much alike, so their number tells more than their letters.
    estimateOutput: () => (firstTokenTick === 0 ? 0 : Math.ceil((chars / firstChars) * Math.max(1, firstTokens))),
    get firstTokenTick() {
      return firstTokenTick;
    },
    get isFinished() {
      return isFinished;
    },
    get usage() {
      return usage;
    },
    get sample() {
      return sample;
    },
  };
}

/** Lets every event by, unchanged, under the watcher's eyes. */
export async function* watch(events: AsyncIterable<SseEvent[]>, watcher: Watcher): AsyncGenerator<SseEvent[]> {
  for await (const batch of events) {
    for (const { data } of batch) watcher.see(data);
    yield batch;
  }
}

function saysSomething({ choices }: ChatChunk): boolean {
  return (choices ?? []).some(({ delta }) => delta?.content || delta?.reasoning_content || delta?.tool_calls?.length);
}

function words({ choices }: ChatChunk): string {
  return choices.map(({ delta }) => (delta.content ?? "") + (delta.reasoning_content ?? "")).join("");
}
