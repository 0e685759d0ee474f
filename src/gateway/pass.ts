import type { OwnWords } from "~/apis/api.ts";
import { maxLineChars } from "~/chat/chunk.ts";
import { GatewayError } from "~/errors.ts";
import { wrongEnd } from "~/upstreams/finish.ts";
import { isUnusual, MarkFinder } from "~/wire/marks.ts";
import type { Outlet, Sink } from "~/wire/sink.ts";
import { parseEvent, type SseEvent, writeEvent } from "~/wire/sse.ts";
import type { Watcher } from "./observe.ts";

interface Passing {
  watcher: Watcher;
  /** Whether the client asked for the usage chunk; zgate always does. */
  keepUsage: boolean;
  /** Whether words alone are no answer. */
  mustCall: boolean;
  /** Its name, for errors. */
  upstream: string;
  /** Reads an error that stands inside the stream. */
  failure(text: string): GatewayError;
}

/**
 * Passes the bytes of a chat stream on as they are, whole events at a time, while the watcher reads a copy. Only events
 * that matter are looked at one by one: the first ones, finish, usage, errors, and lines that clients could not take.
 * The end mark stays behind: it leaves when the row is committed.
 */
export function passBytes(outlet: Outlet, own: OwnWords, passing: Passing): Sink<Uint8Array> {
  const look = createLook(own, passing);
  let held: Buffer = none;
  let heldBytes = 0;

  /** Tells whether that was the end. */
  function tell(events: Buffer): boolean {
    const { kept, final, error } = look(events);
    if (kept.length > 0) outlet.say(inOne(kept));
    if (error !== null) throw error;
    if (final !== null) outlet.end(final);
    return final !== null;
  }

  return {
    take(read) {
      const isHolding = heldBytes > 0;
      if (isHolding) held = append(held, heldBytes, read);
      const bytes = isHolding ? held.subarray(0, heldBytes + read.length) : asBuffer(read);
      // What was held has no end in it; one may straddle the reads, three bytes back.
      const end = endSince(bytes, heldBytes - 3);
      heldBytes = bytes.length - end;
      if (heldBytes > longestEvent) {
        throw new GatewayError("upstream_error", "The upstream sent an event without an end");
      }
      if (heldBytes === 0) {
        held = none;
        tell(bytes);
        return;
      }
      if (end > 0 || !isHolding) held = bytes.subarray(end);
      if (end > 0) tell(bytes.subarray(0, end));
    },
    end() {
      const rest = held.toString("latin1", 0, heldBytes).trimEnd();
      const hasEnded = isWhole(rest) && tell(Buffer.from(`${rest}\n\n`, "latin1"));
      if (!hasEnded) outlet.end(own.final);
    },
  };
}

/** Whether what stands at the end without a blank line is an event, and not the beginning of one. */
function isWhole(rest: string): boolean {
  const data = parseEvent(rest)?.data;
  if (data === undefined) return false;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return data === "[DONE]";
  }
}

/** An upstream that sends more bytes than this without ending its event is not speaking SSE. */
const longestEvent = 8 * 1024 * 1024;

interface Looked {
  /** What goes on to the client. */
  kept: Uint8Array[];
  /** The end mark, behind which nothing counts. */
  final: Uint8Array | null;
  /** An error that stands inside the stream or is its end, behind which nothing counts either. */
  error: GatewayError | null;
}

/** Whole events, of which those are looked at that may be more than words. */
function createLook(own: OwnWords, passing: Passing): (bytes: Buffer) => Looked {
  const { watcher, keepUsage, mustCall, upstream, failure } = passing;
  const marks = new MarkFinder(own.marks);
  /** Whether the upstream writes its JSON as most do; told by its first event. */
  let isUsual: boolean | null = null;

  /** Where the next event stands that deserves a look; at the end where none does. */
  function findNotable(bytes: Buffer, from: number): number {
    if (isUsual) return marks.next(from);
    // One byte a character: no event is cut by that, and places in the text are places in the bytes.
    const found = bytes.toString("latin1", from).search(own.notable);
    return found < 0 ? bytes.length : from + found;
  }

  return (bytes) => {
    const hasCrlf = bytes.includes(crlfCrlf);
    marks.search(bytes);
    const kept: Uint8Array[] = [];
    let keptUntil = 0;
    for (let at = 0; at < bytes.length; ) {
      // Among so many bytes may be a line that is too long, so each event is looked at.
      if (watcher.firstTokenTick > 0 && bytes.length - at <= longLine) {
        const found = findNotable(bytes, at);
        const next = found === bytes.length ? found : Math.max(at, endOfLastEvent(bytes, found));
        watcher.count(next - at);
        at = next;
        if (at === bytes.length) break;
      }
      const end = endOfEvent(bytes, at, hasCrlf);
      const block = bytes.toString("latin1", at, end);
      const event = parseEvent(block);
      isUsual ??= event && !isUnusual(event.data);
      const glimpse = event && watcher.see(event);
      const { finish: reason, hasCalls } = watcher;
      const wrong = glimpse?.isFinished ? wrongEnd({ reason, hasCalls, mustCall }, upstream) : null;
      const error = glimpse?.isError ? failure(inUtf8(event!.data)) : wrong;
      if (error !== null || glimpse?.isFinal) {
        keep(kept, bytes, keptUntil, at);
        return { kept, final: error === null ? bytes.subarray(at, end) : null, error };
      }
      const mended = glimpse?.isFinished ? mendedEvent(event!, own) : null;
      const instead = glimpse?.isUsageOnly && !keepUsage ? "" : (mended ?? shortened(block, event, own));
      if (instead !== null) {
        keep(kept, bytes, keptUntil, at);
        keptUntil = end;
        if (instead !== "") kept.push(Buffer.from(instead));
      }
      at = end;
    }
    keep(kept, bytes, keptUntil, bytes.length);
    return { kept, final: null, error: null };
  };
}

function keep(kept: Uint8Array[], bytes: Buffer, from: number, until: number): void {
  if (from === 0 && until === bytes.length) kept.push(bytes);
  else if (until > from) kept.push(bytes.subarray(from, until));
}

/** A block of so many bytes may hold a line that is too long. */
const longLine = maxLineChars * 3;

/** An event whose line is longer than clients can take, as several or, where it says nothing, none; null for one that is fine. */
function shortened(block: string, event: SseEvent | null, own: OwnWords): string | null {
  if (block.length < longLine) return null;
  // Without data it is a comment.
  return event === null ? "" : (own.split?.(inUtf8(event.data)) ?? null);
}

/** An end in words that clients know; null for one that has them. */
function mendedEvent(event: SseEvent, own: OwnWords): string | null {
  const data = own.mend?.(inUtf8(event.data)) ?? null;
  return data === null ? null : writeEvent({ ...event, data });
}

/** One write costs less than a copy saves. */
const inOne = (parts: Uint8Array[]): Uint8Array => (parts.length === 1 ? parts[0]! : Buffer.concat(parts));

const none = Buffer.alloc(0);

const inUtf8 = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes behind the `length` that a buffer holds. It grows twofold, so that no byte is copied at each read. */
function append(held: Buffer, length: number, more: Uint8Array): Buffer {
  const needed = length + more.length;
  const room = held.length >= needed ? held : Buffer.allocUnsafe(needed * 2);
  if (room !== held) held.copy(room, 0, 0, length);
  room.set(more, length);
  return room;
}

const lfLf = Buffer.from("\n\n");
const crlfCrlf = Buffer.from("\r\n\r\n");

function endOfEvent(bytes: Buffer, from: number, hasCrlf: boolean): number {
  const lf = bytes.indexOf(lfLf, from);
  const crlf = hasCrlf ? bytes.indexOf(crlfCrlf, from) : -1;
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return crlf + 4;
  return lf < 0 ? bytes.length : lf + 2;
}

/** Where the last event that is whole before `until` ends; 0 where none is. */
function endOfLastEvent(bytes: Buffer, until = bytes.length): number {
  // A place before the first would count from the end.
  if (until < 4) return until >= 2 && bytes.indexOf(lfLf) === 0 ? 2 : 0;
  const lf = bytes.lastIndexOf(lfLf, until - 2);
  const crlf = bytes.lastIndexOf(crlfCrlf, until - 4);
  return Math.max(lf < 0 ? 0 : lf + 2, crlf < 0 ? 0 : crlf + 4);
}

/** The same of bytes that hold no end before `from`. */
function endSince(bytes: Buffer, from: number): number {
  if (from <= 0) return endOfLastEvent(bytes);
  const end = endOfLastEvent(bytes.subarray(from));
  return end === 0 ? 0 : from + end;
}
