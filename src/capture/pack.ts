import { redactSaid } from "./strands.ts";

/** A body as it was gathered on the way. */
export interface Gathered {
  /** Its beginning, up to `most` and a margin. */
  bytes: Uint8Array;
  /** Whether there was more. */
  isCut: boolean;
}

export interface Packed {
  /** Null where nothing of it is left. */
  stored: Uint8Array | null;
  isCut: boolean;
}

export interface PackOptions {
  secrets: readonly string[];
  /** Bytes of a body that are kept; null keeps all, data URLs in it as well. */
  most: number | null;
}

/** What is gathered beyond the cap, so that a secret which straddles it is seen whole. */
export const marginBytes = 4096;

/** A body without secrets, cut to its cap, compressed. */
export function pack({ bytes, isCut }: Gathered, { secrets, most }: PackOptions): Packed {
  // With `stream`, half a character at the end is no character.
  const text = new TextDecoder().decode(bytes, { stream: true });
  const clean = Buffer.from(redactSaid(text, { secrets, shortensData: most !== null }));
  if (most === null) return { stored: compressed(clean), isCut };
  // Where the body went on, a secret may have been cut off at the end of what was gathered.
  const known = isCut ? Math.max(0, clean.length - marginBytes) : clean.length;
  const end = characterEnd(clean, Math.min(known, most));
  return { stored: compressed(clean.subarray(0, end)), isCut: isCut || end < clean.length };
}

export function unpack(stored: Uint8Array): string {
  return Bun.zstdDecompressSync(stored as Uint8Array<ArrayBuffer>).toString();
}

function compressed(bytes: Buffer<ArrayBuffer>): Uint8Array | null {
  return bytes.length === 0 ? null : Bun.zstdCompressSync(bytes);
}

/** The last place up to `end` that is not inside a character of UTF-8. */
function characterEnd(bytes: Buffer, end: number): number {
  let at = end;
  while (at > 0 && at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at--;
  return at;
}
