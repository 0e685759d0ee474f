import { GatewayError } from "~/errors.ts";
import type { Sink } from "./sink.ts";

/**
 * Server-sent events: bytes ⇄ events, without meaning.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export interface SseEvent {
  /** The `event:` field; absent for the default type. */
  event?: string;
  /** The `data:` lines, joined by a newline. */
  data: string;
  /** What it says, where that is known to be nothing but more words, in one line: nobody need look at its data. */
  words?: Words;
  /** How many characters the events held that it stands for, where those were several. */
  weight?: number;
}

/** Takes events, and may be able to take many that stand in a row at once. */
export interface EventSink extends Sink<SseEvent> {
  /** What it takes of a stream's text from there on; tells where the first event begins that it would rather be given. */
  run?(text: string, from: number): number;
}

/** Words of an answer, or of the thinking before it. */
export interface Words {
  text: string;
  /** The same object in all events that differ in their words alone. */
  around: Around;
}

/** The data of such an event but for its words, which stand in between as the inside of a JSON string. */
export interface Around {
  head: string;
  field: "content" | "reasoning_content";
  tail: string;
}

/** An upstream that sends more than this without ending its event is not speaking SSE. */
const maxEventChars = 8 * 1024 * 1024;

/**
 * Reads the events of a body. Tolerant as the standard is (LF, CRLF and CR, comments, `data:` with or without the space,
 * characters cut by the network) and in one thing more: a last event without its blank line still counts, since several
 * upstreams forget it.
 */
export function readEvents(next: EventSink): Sink<Uint8Array> {
  const decoder = new TextDecoder();
  let held = "";
  let scanned = 0;
  const run = (from: number) => next.run?.(held, from) ?? from;
  return {
    take(bytes) {
      held = unifyLines(held + decoder.decode(bytes, { stream: true }));
      let start = run(0);
      // Two back: a blank line may straddle the reads, and so may a CRLF that has just shrunk.
      let end = held.indexOf("\n\n", Math.max(start, scanned - 2));
      while (end >= 0) {
        // The shape of nearly every event: one data line, nothing else.
        const isPlain = held.startsWith("data: ", start) && held.indexOf("\n", start) === end;
        const event = isPlain ? { data: held.slice(start + 6, end) } : parseBlock(held.slice(start, end));
        if (event) next.take(event);
        start = run(end + 2);
        end = held.indexOf("\n\n", start);
      }
      held = held.slice(start);
      scanned = held.length;
      if (scanned > maxEventChars)
        throw new GatewayError("upstream_error", "The upstream sent an event without an end");
    },
    end() {
      const last = parseEvent(held + decoder.decode());
      if (last) next.take(last);
      next.end();
    },
  };
}

/** The events before `[DONE]`: what an upstream sends behind it, or how long it stays on the line, concerns nobody. */
export function untilDone(next: EventSink): EventSink {
  let isOver = false;
  const end = () => {
    if (!isOver) next.end();
    isOver = true;
  };
  return {
    take(event) {
      if (event.data === "[DONE]") end();
      else if (!isOver) next.take(event);
    },
    run: (text, from) => (isOver ? from : (next.run?.(text, from) ?? from)),
    end,
  };
}

/** Events one by one through an edit, which hands on what it makes of each. */
export function editEvents(
  next: Sink<SseEvent>,
  edit: (event: SseEvent, next: Sink<SseEvent>) => void,
): Sink<SseEvent> {
  return { take: (event) => edit(event, next), end: () => next.end() };
}

/** One event as it goes on the wire. */
export function writeEvent(event: SseEvent): string {
  // A look into words would lay out their text once more than needed.
  const isOneLine = event.words !== undefined || !event.data.includes("\n");
  const data = isOneLine ? event.data : event.data.replaceAll("\n", "\ndata: ");
  return event.event === undefined ? `data: ${data}\n\n` : `event: ${event.event}\ndata: ${data}\n\n`;
}

/** A comment: every client skips it, every proxy in between sees a living connection. */
export const pingComment = ": ping\n\n";

// A CR at the very end may be half of a CRLF, so it waits for the next read.
function unifyLines(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n|\r(?!$)/g, "\n") : text;
}

/** One event from its own lines, blank line or not; null where they hold no data. */
export function parseEvent(block: string): SseEvent | null {
  return parseBlock(unifyLines(block).trimEnd());
}

function parseBlock(block: string): SseEvent | null {
  let event: string | undefined;
  let data: string | null = null;
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data = data === null ? value : `${data}\n${value}`;
    else if (field === "event") event = value;
  }
  if (data === null) return null;
  return event === undefined ? { data } : { event, data };
}
