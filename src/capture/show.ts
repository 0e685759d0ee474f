import { unpack } from "./pack.ts";
import { readStream } from "./strands.ts";

/** A kept body, for people. */
export interface ShownBody {
  /** As it was on the wire, but for secrets and what was cut. */
  text: string;
  /** JSON with its lines broken; null for a stream, and for what is no (whole) JSON. */
  pretty: string | null;
  /** What a stream says, put together. */
  words: { name: string; text: string }[];
}

export function showBody(stored: Uint8Array | null): ShownBody | null {
  if (stored === null) return null;
  const text = unpack(stored);
  const strands = readStream(text)?.strands ?? [];
  const words = strands.filter(({ isDelta, text }) => isDelta && text !== "").map(({ name, text }) => ({ name, text }));
  return { text, pretty: prettyJson(text), words };
}

function prettyJson(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
