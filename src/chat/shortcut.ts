import type { SseEvent, Words } from "~/wire/sse.ts";
import type { ChatChunk } from "./chat.ts";

/**
 * Nearly every event of a stream differs from the one before it in a few words alone. Such an event is edited as that one
 * was, without being taken apart: what the edit made of its surroundings is put around the new words.
 */
export interface Shortcut {
  /** How an event was edited the long way; both are JSON texts. */
  learn(said: string, told: string): void;
  /** The edited event; null where it has to go the long way. */
  take(said: string): SseEvent | null;
}

export function createShortcut(): Shortcut {
  let said: Surroundings | null = null;
  let told: Surroundings | null = null;
  return {
    learn(before, after) {
      said = surroundings(before);
      told = surroundings(after);
    },
    take(text) {
      if (said === null || told === null || !text.startsWith(said.head) || !text.endsWith(said.tail)) return null;
      const words = text.slice(said.head.length, text.length - said.tail.length);
      if (words === "" || !onlyWords.test(words)) return null;
      return { data: told.head + words + told.tail, words: { field: told.field, text: unescaped(words) } };
    },
  };
}

/** Whether a chunk holds nothing that has to be remembered, or that could be different in the next one like it. */
export function saysWordsOnly({ choices, usage }: ChatChunk): boolean {
  const [choice, ...others] = choices ?? [];
  return others.length === 0 && !usage && !choice?.finish_reason && !choice?.delta.tool_calls;
}

interface Surroundings {
  head: string;
  field: Words["field"];
  tail: string;
}

function surroundings(text: string): Surroundings | null {
  const found = opening.exec(text);
  if (found === null) return null;
  const start = found.index + found[0].length;
  const end = start + insideOfString.exec(text.slice(start))![0].length;
  const tail = text.slice(end);
  // Words beside words would be lost where only the first are told.
  if (/"(?:reasoning_)?content":"/.test(tail)) return null;
  return { head: text.slice(0, start), field: found[1] as Words["field"], tail };
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
