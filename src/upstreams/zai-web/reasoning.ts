import { wrapperOpening } from "./document.ts";

/** What is certain after another piece of the document: more of the thinking, more of what follows it. */
export interface Split {
  thinking: string;
  rest: string;
}

export interface ReasoningSplitter {
  /** The wrapper's first lines as they came, up to the first line of thinking; null where thinking has no wrapper. */
  readonly opening: string | null;
  read(text: string, isThinking: boolean): Split;
  /** What was held back and is now certain. Newlines at the end of thinking never are. */
  end(): Split;
}

/**
 * Parts the document into thinking and the rest, in one pass. Thinking stands in a wrapper:
 *
 *     <details type="reasoning" done="true" duration="2">
 *     <summary>Thought for 2 seconds</summary>
 *     > a line
 *     > another
 *     </details>
 *
 * or, in newer builds, bare, and then the phase tells it. Only what is still ambiguous is held back: the newlines at
 * the end of thinking, a line that may become the closing tag, a document that may become a wrapper.
 *
 * @param isVerbatim keep the lines as they stand in the document, quote marks included
 */
export function createReasoningSplitter(isVerbatim: boolean): ReasoningSplitter {
  /** What each state reads; each gives back the text that the next one goes on with. */
  const readers = {
    start: readStart,
    opening: readOpening,
    line: readLineStart,
    words: readWords,
    bare: readWords,
    gap: skipGap,
    rest: readRest,
  };
  let state: keyof typeof readers = "start";
  let wasThinking = false;
  let opening: string | null = null;
  /** Text that cannot be told apart yet, in the states `start`, `opening` and `line`. */
  let unclear = "";
  /** Newlines (and quote marks, verbatim) that belong to the thinking only if words follow. */
  let heldLines = "";
  /** What may become one of the stray tags. */
  let heldTag = "";
  let hasThought = false;
  let hasAnswered = false;
  let thinking = "";
  let rest = "";

  function read(text: string, isThinking: boolean): Split {
    // Nearly every piece is one of these two, and nothing about it is ambiguous.
    if (state === "rest" && !isThinking) {
      wasThinking = false;
      hasAnswered = true;
      return { thinking: "", rest: text };
    }
    if (state === "words" && heldTag === "" && !text.includes("\n") && !text.includes("<")) {
      wasThinking = isThinking;
      const words = heldLines + text;
      heldLines = "";
      hasThought = true;
      return { thinking: words, rest: "" };
    }
    if (isThinking !== wasThinking) turn(text, isThinking);
    step(text);
    return taken();
  }

  /** The upstream's phase changed: bare thinking ends, or another round of thinking begins. */
  function turn(next: string, isThinking: boolean): void {
    if (state === "start" && unclear !== "" && (unclear.trim() === "" || !mayOpen(unclear + next))) settle();
    wasThinking = isThinking;
    if (isThinking && (state === "rest" || state === "gap")) state = "start";
    else if (!isThinking && state === "bare") {
      flushTag();
      heldLines = "";
      state = "rest";
    }
  }

  function step(text: string): void {
    for (let left = text; left !== ""; ) left = readers[state](left);
  }

  function readStart(text: string): string {
    unclear += text;
    if (mayOpen(unclear)) {
      if (unclear.trimStart().length < wrapperOpening.length) return "";
      const tag = unclear.indexOf("<");
      // In the middle of an answer the newlines are the answer's own.
      if (hasAnswered) rest += unclear.slice(0, tag);
      const wrapper = unclear.slice(tag);
      unclear = "";
      state = "opening";
      return wrapper;
    }
    settle();
    return "";
  }

  function readOpening(text: string): string {
    unclear += text;
    const whole = openingLines.exec(unclear);
    if (!whole) {
      if (unclear.includes("\n") || unclear.length > openingLimit) settleAs("rest");
      return "";
    }
    const after = unclear.slice(whole[0].length);
    if (unclear.length <= openingLimit && isMoreToCome(whole, after)) return "";
    opening = whole[0];
    unclear = "";
    state = "line";
    beginRound();
    return after;
  }

  function readLineStart(text: string): string {
    const line = unclear + text;
    unclear = "";
    if (line.startsWith(closingTag)) {
      heldLines = "";
      state = "gap";
      return line.slice(closingTag.length);
    }
    if (line === ">" || closingTag.startsWith(line)) {
      unclear = line;
      return "";
    }
    const mark = line.startsWith("> ") ? 2 : line.startsWith(">") ? 1 : 0;
    if (isVerbatim) heldLines += line.slice(0, mark);
    state = "words";
    return line.slice(mark);
  }

  function readWords(text: string): string {
    const end = text.indexOf("\n");
    think(end < 0 ? text : text.slice(0, end));
    if (end < 0) return "";
    flushTag();
    heldLines += "\n";
    // Bare lines have no marks to look for.
    if (state === "words") state = "line";
    return text.slice(end + 1);
  }

  function skipGap(text: string): string {
    const words = text.search(/[^\n]/);
    if (words < 0) return "";
    state = "rest";
    return text.slice(words);
  }

  function readRest(text: string): string {
    rest += text;
    hasAnswered = true;
    return "";
  }

  function beginRound(): void {
    heldLines = hasThought ? "\n\n" : "";
  }

  /** Words of thinking, without the tags that the model's own template leaves behind. */
  function think(words: string): void {
    let text = heldTag + words;
    heldTag = "";
    if (text.includes("<") && !isVerbatim) {
      const last = text.lastIndexOf("<");
      if (strayTags.some((tag) => tag.length > text.length - last && tag.startsWith(text.slice(last)))) {
        heldTag = text.slice(last);
        text = text.slice(0, last);
      }
      for (const tag of strayTags) text = text.replaceAll(tag, "");
    }
    say(text);
  }

  function flushTag(): void {
    const text = heldTag;
    heldTag = "";
    say(text);
  }

  function say(words: string): void {
    if (words === "") return;
    thinking += heldLines + words;
    heldLines = "";
    hasThought = true;
  }

  /** What looked like a wrapper was the text itself. */
  function settle(): void {
    settleAs(wasThinking ? "bare" : "rest");
  }

  function settleAs(kind: "bare" | "rest"): void {
    const text = unclear;
    unclear = "";
    state = kind;
    if (kind === "bare") beginRound();
    step(text);
  }

  function taken(): Split {
    const split = { thinking, rest };
    thinking = "";
    rest = "";
    return split;
  }

  return {
    get opening() {
      return opening;
    },
    read,
    end() {
      if (state === "start") settle();
      flushTag();
      return taken();
    },
  };
}

const closingTag = "</details>";
const summaryTag = "<summary>";
const strayTags = ["</thinking>", "<Full>", "</Full>"];

/** The opening tag's line and the summary's. */
const openingLines = /^<details[^>\n]*>\n?(<summary>[^\n]*?<\/summary>\n?)?/;

/** Whether the opening's own last newline, or its summary, may still be on the way. */
function isMoreToCome(whole: RegExpExecArray, after: string): boolean {
  if (after === "") return !whole[0].endsWith("</summary>\n");
  return !whole[1] && !after.includes("\n") && summaryTag.startsWith(after.slice(0, summaryTag.length));
}

/** A line of this length is no opening tag. */
const openingLimit = 2_000;

/** Whether a text is a wrapper's beginning, or may become one. */
function mayOpen(text: string): boolean {
  const tag = text.trimStart();
  return tag.length < wrapperOpening.length ? wrapperOpening.startsWith(tag) : tag.startsWith(wrapperOpening);
}
