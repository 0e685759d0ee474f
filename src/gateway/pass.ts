import type { OwnWords } from "~/apis/api.ts";
import { maxLineChars } from "~/chat/chunk.ts";
import type { GatewayError } from "~/errors.ts";
import { parseEvent, type SseEvent } from "~/wire/sse.ts";
import type { Watcher } from "./observe.ts";
import type { Pieces } from "./stream.ts";

interface Passing {
  watcher: Watcher;
  /** Whether the client asked for the usage chunk; zgate always does. */
  keepUsage: boolean;
  /** Reads an error that stands inside the stream. */
  failure(text: string): GatewayError;
}

/**
 * Passes the bytes of a chat stream on as they are, whole events at a time, while the watcher reads a copy. Only events
 * that matter are looked at one by one: the first ones, finish, usage, errors, and lines that clients could not take.
 * The end mark stays behind: it leaves when the row is committed.
 */
export async function* passBytes(body: AsyncIterable<Uint8Array>, own: OwnWords, passing: Passing): Pieces {
  let held: Buffer = Buffer.alloc(0);
  for await (const read of body) {
    const bytes = held.length > 0 ? Buffer.concat([held, read]) : asBuffer(read);
    const end = endOfLastEvent(bytes);
    held = bytes.subarray(end);
    if (end === 0) continue;
    const events = bytes.subarray(0, end);
    // One byte a character: no event is cut by that, and what is put together again is the very same bytes.
    const text = events.toString("latin1");
    if (passing.watcher.firstTokenTick > 0 && events.length < maxLineChars && !own.notable.test(text)) {
      passing.watcher.count(events.length);
      yield events;
    } else {
      const { kept, final, error } = lookThrough(text, own, passing);
      if (kept !== "") yield Buffer.from(kept, "latin1");
      if (error !== null) throw error;
      if (final !== null) return Buffer.from(final, "latin1");
    }
  }
  const rest = held.toString("latin1");
  const { kept, final, error } = lookThrough(rest.trim() === "" ? "" : `${rest.trimEnd()}\n\n`, own, passing);
  if (kept !== "") yield Buffer.from(kept, "latin1");
  if (error !== null) throw error;
  return final === null ? own.final : Buffer.from(final, "latin1");
}

interface Looked {
  /** What goes on to the client. */
  kept: string;
  /** The end mark, behind which nothing counts. */
  final: string | null;
  /** An error that stands inside the stream, behind which nothing counts either. */
  error: GatewayError | null;
}

function lookThrough(text: string, own: OwnWords, { watcher, keepUsage, failure }: Passing): Looked {
  let kept = "";
  for (const block of text.split(/(?<=\n\n|\r\n\r\n)/)) {
    const event = parseEvent(block);
    const glimpse = event && watcher.see(event);
    if (glimpse?.isError) return { kept, final: null, error: failure(inUtf8(event!.data)) };
    if (glimpse?.isFinal) return { kept, final: block, error: null };
    if (!glimpse?.isUsageOnly || keepUsage) kept += shortened(block, event, own);
  }
  return { kept, final: null, error: null };
}

/** An event as it came, unless a line of it is longer than clients can take. */
function shortened(block: string, event: SseEvent | null, own: OwnWords): string {
  if (event === null || block.length < maxLineChars * 3) return block;
  const split = own.split?.(inUtf8(event.data)) ?? null;
  return split === null ? block : Buffer.from(split).toString("latin1");
}

const inUtf8 = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function endOfLastEvent(bytes: Buffer): number {
  const lf = bytes.lastIndexOf("\n\n");
  const crlf = bytes.lastIndexOf("\r\n\r\n");
  return Math.max(lf < 0 ? 0 : lf + 2, crlf < 0 ? 0 : crlf + 4);
}
