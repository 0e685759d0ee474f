import { GatewayError } from "~/errors.ts";

/**
 * Server-sent events: bytes ⇄ events, without meaning.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export interface SseEvent {
  /** The `event:` field; absent for the default type. */
  event?: string;
  /** The `data:` lines, joined by a newline. */
  data: string;
  /** Known to hold nothing but more words, in one line: whoever reads along need not look at it. */
  isWords?: true;
}

/** An upstream that sends more than this without ending its event is not speaking SSE. */
const maxEventChars = 8 * 1024 * 1024;

/**
 * Each array is what one network read completed; reads that complete nothing are passed over. Tolerant as the standard
 * is (LF, CRLF and CR, comments, `data:` with or without the space, characters cut by the network) and in one thing
 * more: a last event without its blank line still counts, since several upstreams forget it.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent[]> {
  const decoder = new TextDecoder();
  let held = "";
  let scanned = 0;
  for await (const bytes of body) {
    held = unifyLines(held + decoder.decode(bytes, { stream: true }));
    const events: SseEvent[] = [];
    let start = 0;
    // Two back: a blank line may straddle the reads, and so may a CRLF that has just shrunk.
    let end = held.indexOf("\n\n", Math.max(0, scanned - 2));
    while (end >= 0) {
      // The shape of nearly every event: one data line, nothing else.
      const isPlain = held.startsWith("data: ", start) && held.indexOf("\n", start) === end;
      const event = isPlain ? { data: held.slice(start + 6, end) } : parseBlock(held.slice(start, end));
      if (event) events.push(event);
      start = end + 2;
      end = held.indexOf("\n\n", start);
    }
    held = held.slice(start);
    scanned = held.length;
    if (scanned > maxEventChars) throw new GatewayError("upstream_error", "The upstream sent an event without an end");
    if (events.length > 0) yield events;
  }
  const last = parseEvent(held + decoder.decode());
  if (last) yield [last];
}

/** The events before `[DONE]`: what an upstream sends behind it, or how long it stays on the line, concerns nobody. */
export async function* untilDone(events: AsyncIterable<SseEvent[]>): AsyncGenerator<SseEvent[]> {
  for await (const batch of events) {
    const end = batch.findIndex(({ data }) => data === "[DONE]");
    if (end !== 0) yield end < 0 ? batch : batch.slice(0, end);
    if (end >= 0) return;
  }
}

/** Edits events one by one. What stood before an event that throws has been said, and goes out first. */
export async function* editEvents(
  events: AsyncIterable<SseEvent[]>,
  edit: (event: SseEvent) => SseEvent[],
): AsyncGenerator<SseEvent[]> {
  for await (const batch of events) {
    const edited: SseEvent[] = [];
    try {
      for (const event of batch) edited.push(...edit(event));
    } catch (error) {
      if (edited.length > 0) yield edited;
      throw error;
    }
    if (edited.length > 0) yield edited;
  }
}

/** One event as it goes on the wire. */
export function writeEvent(event: SseEvent): string {
  const data = event.data.includes("\n") ? event.data.replaceAll("\n", "\ndata: ") : event.data;
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
