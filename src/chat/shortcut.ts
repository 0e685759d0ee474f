import type { Sink } from "~/wire/sink.ts";
import type { Around, SseEvent } from "~/wire/sse.ts";
import type { ChatChunk } from "./chat.ts";

/**
 * Nearly every event of a stream differs from the one before it in a few words alone. Such events are edited as that one
 * was, without being taken apart: what the edit made of its surroundings is put around the new words, of all that stand in
 * a row at once.
 */
export interface Shortcut {
  /** How an event was edited the long way; both are JSON texts. */
  learn(said: string, told: string): void;
  /**
   * Edits the events that stand in a row from there on in the text of a stream. Tells where the first one begins that has
   * to go the long way.
   */
  run(text: string, from: number, next: Sink<SseEvent>): number;
}

export function createShortcut(): Shortcut {
  let said: Around | null = null;
  let told: Around | null = null;
  return {
    learn(before, after) {
      said = surroundings(before);
      told = surroundings(after);
    },
    run(text, from, next) {
      if (said === null || told === null) return from;
      const { head, tail } = said;
      const words: string[] = [];
      let at = from;
      while (text.startsWith(field, at) && text.startsWith(head, at + field.length)) {
        const end = text.indexOf("\n\n", at);
        const some = text.slice(at + field.length + head.length, Math.max(at, end - tail.length));
        if (!text.startsWith(tail, end - tail.length) || some === "" || !onlyWords.test(some)) break;
        words.push(some);
        at = end + 2;
      }
      if (words.length === 0) return from;
      const all = words.join("");
      const weight = words.length * (told.head.length + told.tail.length) + all.length;
      next.take({ data: told.head + all + told.tail, words: { text: unescaped(all), around: told }, weight });
      return at;
    },
  };
}

/** How an event's only line begins. */
const field = "data: ";

/** Whether a chunk holds nothing that has to be remembered, or that could be different in the next one like it. */
export function saysWordsOnly({ choices, usage }: ChatChunk): boolean {
  const [choice, ...others] = choices ?? [];
  return others.length === 0 && !usage && !choice?.finish_reason && !choice?.delta.tool_calls;
}

function surroundings(text: string): Around | null {
  const found = opening.exec(text);
  if (found === null) return null;
  const start = found.index + found[0].length;
  const end = start + insideOfString.exec(text.slice(start))![0].length;
  const tail = text.slice(end);
  // Words beside words would be lost where only the first are told, and what belongs to each token where many are.
  if (/"(?:reasoning_)?content":"|"logprobs":\{/.test(tail)) return null;
  return { head: text.slice(0, start), field: found[1] as Around["field"], tail };
}

/** Up to the first character of the words. */
const opening = /"delta":\{(?:"role":"assistant",)?"(content|reasoning_content)":"/;

const unescaped = (words: string): string => (words.includes("\\") ? JSON.parse(`"${words}"`) : words);

const insideOfString = /^(?:[^"\\]|\\.)*/;

/**
 * The inside of a JSON string and nothing else: no quote that would end it, no control character, only escapes that JSON
 * knows. No `<` either, written in whichever way: it may begin a tag, and then more than words.
 */
const onlyWords = /^[ !#-;=-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u(?!003[cC])[\da-fA-F]{4})[ !#-;=-[\]-\uffff]*)*$/;
