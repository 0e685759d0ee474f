import type { Sink } from "~/wire/sink.ts";
import type { Around, SseEvent, Words } from "~/wire/sse.ts";

/**
 * Words that arrive at once are told at once: as one event in place of many, which differ in nothing but their words.
 * Nothing waits for that; `rest` says that for now no more has come.
 */
export class Joined implements Sink<SseEvent> {
  #held: SseEvent | null = null;
  #words: Words | null = null;
  #texts: string[] = [];
  #chars = 0;

  constructor(private readonly next: Sink<SseEvent>) {}

  take(event: SseEvent): void {
    const { words } = event;
    if (words === undefined) {
      this.rest();
      this.next.take(event);
      return;
    }
    if (words.around !== this.#words?.around || this.#chars > mostChars) {
      this.rest();
      this.#held = event;
      this.#words = words;
    }
    this.#texts.push(words.text);
    this.#chars += words.text.length;
  }

  rest(): void {
    const [event, words, texts] = [this.#held, this.#words, this.#texts];
    if (event === null || words === null) return;
    this.#held = null;
    this.#words = null;
    this.#texts = [];
    this.#chars = 0;
    this.next.take(texts.length === 1 ? event : wordsEvent(words.around, texts.join("")));
  }

  end(): void {
    this.rest();
    this.next.end();
  }
}

/** One event that says all of this. */
export function wordsEvent(around: Around, text: string): SseEvent {
  return { data: around.head + JSON.stringify(text).slice(1, -1) + around.tail, words: { text, around } };
}

/** Far from the longest line that every client can take, however these characters are escaped. */
const mostChars = 2000;
