/**
 * The text that the web chat keeps for one answer and streams edits of: thinking in a wrapper, then the answer.
 * Positions are counted in characters (code points) by the upstream, in UTF-16 units here.
 */
export interface EditedDocument {
  readonly text: string;
  /** The text in order, cut where the upstream's phase went into thinking or out of it. */
  pieces(): Iterable<Piece>;
  append(text: string, isThinking: boolean): void;
  /**
   * Cuts the document at a character and goes on from there; null and places behind the end mean the end.
   * True when text that stood before is gone, so that the document has to be read again.
   */
  edit(at: number | null, text: string, isThinking: boolean): boolean;
  /** The whole thinking, or the whole answer, once more. Then the document has to be read again. */
  restate(text: string, isThinking: boolean): void;
}

export interface Piece {
  text: string;
  isThinking: boolean;
}

/** The opening of a thinking block up to the word that the upstream replaces when the thinking is over. */
export const wrapperOpening = '<details type="reasoning"';

const wrapperClosing = "\n</details>";

export function createDocument(): EditedDocument {
  let text = "";
  let marks: Mark[] = [];

  function append(more: string, isThinking: boolean): void {
    if (more === "") return;
    if (marks.at(-1)?.isThinking !== isThinking) marks.push({ at: text.length, isThinking });
    text += more;
  }

  function cut(end: number): void {
    text = text.slice(0, end);
    marks = marks.filter((mark) => mark.at < end);
  }

  return {
    get text() {
      return text;
    },
    *pieces() {
      for (const [i, { at, isThinking }] of marks.entries()) {
        yield { text: text.slice(at, marks[i + 1]?.at ?? text.length), isThinking };
      }
    },
    append,
    edit(at, more, isThinking) {
      const end = unitsBefore(text, at);
      const isHeadless = marks[0]?.isThinking === true && lacksOpening(text, end, more);
      if (end === text.length && !isHeadless) {
        append(more, isThinking);
        return false;
      }
      cut(isHeadless ? 0 : end);
      append(isHeadless ? `${wrapperOpening} done="${more}` : more, isThinking);
      return true;
    },
    restate(whole, isThinking) {
      if (isThinking || whole.startsWith(wrapperOpening)) cut(0);
      else if (!text.startsWith(wrapperOpening)) cut(marks.findLast((mark) => !mark.isThinking)?.at ?? text.length);
      else if (text.includes(wrapperClosing)) cut(text.lastIndexOf(wrapperClosing) + wrapperClosing.length);
      else append(wrapperClosing, isThinking);
      append(whole, isThinking);
    },
  };
}

/** Where a phase began. */
interface Mark {
  at: number;
  isThinking: boolean;
}

/** Most answers hold only characters of one unit, where counting is not needed. */
function unitsBefore(text: string, characters: number | null): number {
  if (characters === null || characters >= text.length) return text.length;
  if (characters <= 0) return 0;
  if (!/[\ud800-\udbff]/.test(text)) return characters;
  let units = 0;
  for (let left = characters; left > 0 && units < text.length; left--) {
    units += text.codePointAt(units)! > 0xffff ? 2 : 1;
  }
  return units;
}

/**
 * Newer builds stream thinking without its wrapper and still close it by an edit inside the opening tag. The edit then
 * brings the whole thinking again, so it replaces what came.
 */
function lacksOpening(text: string, end: number, more: string): boolean {
  if (!/^true"[^>\n]*>\n/.test(more)) return false;
  return !text.startsWith(wrapperOpening) && !text.slice(0, end).endsWith(' done="');
}
