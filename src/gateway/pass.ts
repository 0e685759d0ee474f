import type { OwnWords } from "~/apis/api.ts";
import { maxLineChars, parseChunk, splitChunk } from "~/chat/chunk.ts";
import type { GatewayError } from "~/errors.ts";
import { parseEvent, type SseEvent, writeEvent } from "~/wire/sse.ts";
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
  let final: string | null = null;
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
      const { kept, final: last } = lookThrough(text, passing);
      if (last !== null) final = last;
      if (kept !== "") yield Buffer.from(kept, "latin1");
    }
  }
  const rest = held.toString("latin1");
  const { kept, final: last } = lookThrough(rest.trim() === "" ? "" : `${rest.trimEnd()}\n\n`, passing);
  if (kept !== "") yield Buffer.from(kept, "latin1");
  return last ?? final ?? own.final;
}

function lookThrough(text: string, passing: Passing): { kept: string; final: string | null } {
  let kept = "";
  let final: string | null = null;
  for (const block of text.split(/(?<=\n\n|\r\n\r\n)/)) {
    const event = parseEvent(block);
    const glimpse = event && passing.watcher.see(event);
    if (glimpse?.isError) throw passing.failure(inUtf8(event!.data));
    if (glimpse?.isFinal) final = block;
    else if (!glimpse?.isUsageOnly || passing.keepUsage) kept += shortened(block, event);
  }
  return { kept, final };
}

/** An event as it came, unless a line of it is longer than clients can take. */
function shortened(block: string, event: SseEvent | null): string {
  return event === null || block.length < maxLineChars * 3 ? block : splitLine(event.data, block);
}

function splitLine(data: string, block: string): string {
  const chunk = parseChunk(inUtf8(data));
  if (chunk === null) return block;
  const lines = splitChunk(chunk).map((piece) => writeEvent({ data: JSON.stringify(piece) }));
  return Buffer.from(lines.join("")).toString("latin1");
}

const inUtf8 = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function endOfLastEvent(bytes: Buffer): number {
  const lf = bytes.lastIndexOf("\n\n");
  const crlf = bytes.lastIndexOf("\r\n\r\n");
  return Math.max(lf < 0 ? 0 : lf + 2, crlf < 0 ? 0 : crlf + 4);
}
