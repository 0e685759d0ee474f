import type { Sink } from "~/wire/sink.ts";
import type { SseEvent } from "~/wire/sse.ts";
import type { ChatChunk } from "./chat.ts";

/** The stop sequences of a request, as a list without empty ones. */
export function stopsOf(stop: unknown): string[] {
  return [stop].flat().filter((one): one is string => typeof one === "string" && one !== "");
}

/** A text up to where the first of the sequences begins; null where none is in it. */
export function cutAtStop(text: string, stops: readonly string[]): string | null {
  const places = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return places.length === 0 ? null : text.slice(0, Math.min(...places));
}

/**
 * Ends a stream of chunks where its words reach a stop sequence that the upstream was not told of. What may become one is
 * held back. Behind the cut the upstream is let go, and with it its count of tokens.
 */
export function endAtStops(next: Sink<SseEvent>, stops: readonly string[]): Sink<SseEvent> {
  let held = "";
  let isOver = false;
  return {
    take(event) {
      if (isOver) return;
      const chunk = JSON.parse(event.data) as ChatChunk;
      const [choice] = chunk.choices;
      const words = choice?.delta.content ?? "";
      if (!choice || (words === "" && (choice.finish_reason === null || held === ""))) {
        next.take(event);
        return;
      }
      const text = held + words;
      const before = cutAtStop(text, stops);
      isOver = before !== null;
      const said = before ?? (choice.finish_reason === null ? withoutBeginning(text, stops) : text);
      held = isOver ? "" : text.slice(said.length);
      const { content: _, ...delta } = choice.delta;
      const edited = {
        ...choice,
        delta: { ...delta, ...(said !== "" && { content: said }) },
        finish_reason: isOver ? "stop" : choice.finish_reason,
      };
      const saysNothing = edited.finish_reason === null && Object.keys(edited.delta).length === 0;
      if (!saysNothing) next.take({ data: JSON.stringify({ ...chunk, choices: [edited] }) });
      if (isOver) next.end();
    },
    end() {
      if (!isOver) next.end();
    },
  };
}

/** A text without the end of it that one of the sequences may begin with. */
function withoutBeginning(text: string, stops: readonly string[]): string {
  const longest = Math.max(...stops.map((stop) => stop.length)) - 1;
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    const end = text.slice(at);
    if (stops.some((stop) => stop.startsWith(end))) return text.slice(0, at);
  }
  return text;
}
