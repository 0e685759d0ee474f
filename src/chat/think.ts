import type { Sink } from "~/wire/sink.ts";
import type { SseEvent } from "~/wire/sse.ts";
import type { ChatChunk, ChatDelta, ThinkMode } from "./chat.ts";

/** What stands around and inside the thinking when a mode shows it as part of the answer's text. */
interface Glue {
  open: string;
  newline: string;
  close: string;
}

const glue: Record<Exclude<ThinkMode, "reasoning" | "hide">, Glue> = {
  think: { open: "<think>\n", newline: "\n", close: "\n</think>\n\n" },
  pure: { open: "> ", newline: "\n> ", close: "\n\n" },
  raw: {
    open: '<details type="reasoning" done="true">\n<summary>Thinking…</summary>\n> ',
    newline: "\n> ",
    close: "\n</details>\n",
  },
  strip: { open: "", newline: "\n", close: "\n\n" },
};

/** A step that makes of thinking what its mode shows. */
export interface ThinkingShown extends Sink<SseEvent> {
  /** The answer broke: the text that the client holds must not end inside a tag even then. */
  breakOff(): void;
}

/** Turns the thinking in a stream of chunks into what the mode shows. Mode `reasoning` needs no step at all. */
export function showThinking(next: Sink<SseEvent>, mode: Exclude<ThinkMode, "reasoning">): ThinkingShown {
  /** Choices whose thinking is open in the text, each with a chunk to model the closing one on. */
  const open = new Map<number, ChatChunk>();
  return {
    take(event) {
      const shown = mode === "hide" ? hide(event) : show(event, glue[mode], open);
      if (shown !== null) next.take(shown);
    },
    end: () => next.end(),
    breakOff() {
      if (mode === "hide") return;
      for (const chunk of open.values()) next.take(textEvent(chunk, glue[mode].close.trimEnd()));
    },
  };
}

/** The same for a whole message: a copy where the mode changes it. */
export function showMessageThinking(message: ChatDelta, mode: ThinkMode): ChatDelta {
  if (mode === "reasoning" || message.reasoning_content === undefined) return message;
  const { reasoning_content: thinking, ...rest } = message;
  if (mode === "hide" || !thinking) return rest;
  const { open, newline, close } = glue[mode];
  return { ...rest, content: open + thinking.replaceAll("\n", newline) + close + (rest.content ?? "") };
}

function hide(event: SseEvent): SseEvent | null {
  if (!event.data.includes('"reasoning_content"')) return event;
  const chunk = JSON.parse(event.data) as ChatChunk;
  let worthSaying = chunk.choices.length === 0;
  for (const choice of chunk.choices) {
    delete choice.delta.reasoning_content;
    worthSaying ||= choice.finish_reason !== null || Object.values(choice.delta).some((value) => value !== "");
  }
  return worthSaying ? { data: JSON.stringify(chunk) } : null;
}

function show(event: SseEvent, { open, newline, close }: Glue, opened: Map<number, ChatChunk>): SseEvent {
  if (opened.size === 0 && !event.data.includes('"reasoning_content"')) return event;
  const chunk = JSON.parse(event.data) as ChatChunk;
  for (const choice of chunk.choices) {
    const { delta } = choice;
    const thinking = delta.reasoning_content;
    delete delta.reasoning_content;
    let text = "";
    if (thinking) {
      text = (opened.has(choice.index) ? "" : open) + thinking.replaceAll("\n", newline);
      opened.set(choice.index, { ...chunk, choices: [{ ...choice, delta: {}, finish_reason: null }] });
    }
    const goesOn = delta.content || delta.tool_calls || choice.finish_reason !== null;
    if (goesOn && opened.delete(choice.index)) text += close;
    if (text) delta.content = text + (delta.content ?? "");
  }
  return { data: JSON.stringify(chunk) };
}

function textEvent(like: ChatChunk, content: string): SseEvent {
  const [choice] = like.choices;
  return { data: JSON.stringify({ ...like, choices: [{ ...choice, delta: { content } }] }) };
}
