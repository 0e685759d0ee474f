import type { ChatDelta } from "./chat.ts";

/** More words of each kind. */
export interface Spoken {
  thinking: string;
  answer: string;
}

/**
 * Parts `<think>…</think>` from the words of an answer, where an upstream left it in there. Only at the beginning, and
 * only while no thinking came in its own field: elsewhere a model speaks about the tag.
 */
export interface ThinkTagSplitter {
  /** Whether words without a `<` need not be read: they pass as they are. */
  readonly isIdle: boolean;
  read(words: string): Spoken;
  /** Thinking has come by itself, so the upstream knows the difference. */
  trust(): void;
  /** What was held back because it might have become a tag. */
  end(): Spoken;
}

export function createThinkTagSplitter(): ThinkTagSplitter {
  let state: "start" | "thinking" | "gap" | "answer" | "plain" = "start";
  let held = "";
  let hasThought = false;

  function read(words: string): Spoken {
    if (state === "plain" || (state === "answer" && held === "" && !words.includes("<"))) return answer(words);
    const text = held + words;
    held = "";
    switch (state) {
      case "start":
        return readStart(text);
      case "thinking":
        return readThinking(text);
      case "gap":
        return readGap(text);
      default:
        return readAnswer(text);
    }
  }

  function readStart(text: string): Spoken {
    const begun = text.trimStart();
    if (begun.startsWith(opening)) {
      state = "thinking";
      return readThinking(begun.slice(opening.length));
    }
    if (opening.startsWith(begun)) {
      held = text;
      return nothing;
    }
    state = "answer";
    return readAnswer(text);
  }

  function readThinking(read: string): Spoken {
    const text = hasThought ? read : read.trimStart();
    hasThought ||= text !== "";
    const end = text.indexOf(closing);
    if (end < 0) {
      const words = withoutPart(text).trimEnd();
      held = text.slice(words.length);
      return { thinking: words, answer: "" };
    }
    state = "gap";
    return { thinking: text.slice(0, end).trimEnd(), answer: readGap(text.slice(end + closing.length)).answer };
  }

  function readGap(text: string): Spoken {
    const words = text.replace(/^\n+/, "");
    if (words !== "") state = "plain";
    return answer(words);
  }

  // A closing tag without its opening: what stood before it is said already, so only the tag is taken out.
  function readAnswer(text: string): Spoken {
    const end = text.indexOf(closing);
    if (end >= 0) {
      state = "plain";
      return answer(text.slice(0, end) + text.slice(end + closing.length));
    }
    const words = withoutPart(text);
    held = text.slice(words.length);
    return answer(words);
  }

  return {
    get isIdle() {
      return state === "plain" || (state === "answer" && held === "");
    },
    read,
    trust() {
      if (state === "start" && held === "") state = "plain";
    },
    end() {
      const rest = held;
      held = "";
      return state === "thinking" ? { thinking: rest.trimEnd(), answer: "" } : answer(rest);
    },
  };
}

/** Applies a splitter to the words of one delta, in place. A piece of content without a word is left out. */
export function splitThinking(delta: ChatDelta, tags: ThinkTagSplitter, isLast: boolean): void {
  const { content, reasoning_content: given } = delta;
  if (given) tags.trust();
  if (typeof content !== "string") {
    if (!isLast || tags.isIdle) return;
  }
  const { thinking, answer } = content ? tags.read(content) : nothing;
  const rest = isLast ? tags.end() : nothing;
  const words = answer + rest.answer;
  const thought = thinking + rest.thinking;
  if (thought !== "") delta.reasoning_content = (given ?? "") + thought;
  // Some upstreams end with an empty piece of content, and some clients open an empty text block for that.
  if (words !== "") delta.content = words;
  else delete delta.content;
}

/** The same for a whole message: with all of it at hand, even an orphan closing tag parts it. A copy where it changes. */
export function splitMessageThinking(message: ChatDelta): ChatDelta {
  const { content, reasoning_content: given } = message;
  if (typeof content !== "string" || given) return message;
  const end = content.indexOf(closing);
  const begun = content.trimStart();
  if (end < 0 && !begun.startsWith(opening)) return message;
  const thinking = (end < 0 ? content : content.slice(0, end)).trim();
  const words = end < 0 ? "" : content.slice(end + closing.length).replace(/^\n+/, "");
  const bare = thinking.startsWith(opening) ? thinking.slice(opening.length).trim() : thinking;
  return { ...message, ...(bare !== "" && { reasoning_content: bare }), content: words };
}

const opening = "<think>";
const closing = "</think>";

const nothing: Spoken = { thinking: "", answer: "" };
const answer = (words: string): Spoken => ({ thinking: "", answer: words });

/** A text without what may become a closing tag at its end. */
function withoutPart(text: string): string {
  const at = text.lastIndexOf("<");
  return at >= 0 && closing.startsWith(text.slice(at)) ? text.slice(0, at) : text;
}
