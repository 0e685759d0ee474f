import type { ToolWish } from "~/chat/tools.ts";
import { type Form, type Found, openForm, opens } from "./forms.ts";

/** Finds the tool calls that a model writes into its words, while they stream. */
export interface CallSieve {
  /** The calls so far, in their order; only of functions that were offered. */
  readonly calls: readonly Found[];
  /** Takes text in; gives back what is certainly for the reader. Only text that may still become a call is held. */
  read(text: string): string;
  /** What was held back and turned out to be text after all. */
  end(): string;
}

export function createCallSieve(wish: ToolWish): CallSieve {
  const calls: Found[] = [];
  /** Text from the place on where a call may have begun. */
  let held = "";
  /** How it would be written; null while nothing is held but a place that may become one. */
  let form: Form | null = null;
  /** Blanks at the end of the text: they are the reader's only when words follow. */
  let gap = "";
  let lastShown = "\n";

  function show(text: string): string {
    if (text === "") return "";
    lastShown = text.at(-1)!;
    const all = gap + text;
    const words = all.trimEnd().length;
    gap = all.slice(words);
    return all.slice(0, words);
  }

  function sift(isLast: boolean): string {
    let shown = "";
    for (;;) {
      if (form === null) {
        const start = placeOf(held, lastShown);
        shown += show(held.slice(0, start));
        held = held.slice(start);
        if (held === "") return shown;
        form = openForm(held, wish);
        if (form === null && !isLast) return shown;
      }
      const verdict = form === null ? { end: held.length, calls: [] } : form(held, isLast);
      if (verdict === null) return shown;
      calls.push(...verdict.calls);
      if (verdict.calls.length === 0) shown += show(held.slice(0, verdict.end));
      else lastShown = "\n";
      held = held.slice(verdict.end);
      form = null;
    }
  }

  return {
    calls,
    read(text) {
      if (held === "" && !mark.test(text)) return show(text);
      held += text;
      return sift(false);
    },
    end() {
      const shown = sift(true);
      // Behind a call the last blanks separate nothing any more.
      const rest = calls.length > 0 ? "" : gap;
      gap = "";
      return shown + rest;
    },
  };
}

/** Every form begins with one of these. */
const mark = /[`{<调]/;

/** Where a form begins, or what may become one; the length where there is none. */
function placeOf(text: string, before: string): number {
  for (let at = text.search(mark); at >= 0; ) {
    const isLineStart = (at > 0 ? text[at - 1] : before) === "\n";
    if (opens(text.slice(at), isLineStart)) return at;
    // A fence of another kind is passed as a whole: its marks begin nothing.
    const next = text.slice(at + 1).search(mark);
    at = next < 0 ? -1 : at + 1 + next;
  }
  return text.length;
}
