/**
 * Nearly every event of a stream differs from the one before it in a few words alone. Such an event is edited as that one
 * was, without being taken apart: what the edit made of its surroundings is put around the new words.
 */
export interface Shortcut {
  /** How an event was edited the long way; both are JSON texts. */
  learn(said: string, told: string): void;
  /** The edited event; null where it has to go the long way. */
  take(said: string): string | null;
}

/** @param opening matches up to the first character of the words, on both sides of the edit */
export function createShortcut(opening: RegExp): Shortcut {
  let said: Surroundings | null = null;
  let told: Surroundings | null = null;
  return {
    learn(before, after) {
      said = surroundings(before, opening);
      told = surroundings(after, opening);
    },
    take(text) {
      if (said === null || told === null || !text.startsWith(said.head) || !text.endsWith(said.tail)) return null;
      const words = text.slice(said.head.length, text.length - said.tail.length);
      return words !== "" && onlyWords.test(words) ? told.head + words + told.tail : null;
    },
  };
}

interface Surroundings {
  head: string;
  tail: string;
}

function surroundings(text: string, opening: RegExp): Surroundings | null {
  const found = opening.exec(text);
  if (found === null) return null;
  const start = found.index + found[0].length;
  const end = start + insideOfString.exec(text.slice(start))![0].length;
  return { head: text.slice(0, start), tail: text.slice(end) };
}

const insideOfString = /^(?:[^"\\]|\\.)*/;

/**
 * The inside of a JSON string and nothing else: no quote that would end it, no control character, only escapes that JSON
 * knows. No `<` either, written in whichever way: it may begin a tag, and then more than words.
 */
const onlyWords = /^[ !#-;=-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u(?!003[cC])[\da-fA-F]{4})[ !#-;=-[\]-\uffff]*)*$/;
