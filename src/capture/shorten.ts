/**
 * A JSON body without the insides of its long base64 strings: pictures and documents would take the room of the words
 * around them. Where `most` bytes have come together it looks no further, and the rest is as it was. Nothing is copied.
 */
export function shorten(body: Uint8Array, most: number): Uint8Array[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const pieces: Uint8Array[] = [];
  let length = 0;
  let from = 0;
  const keep = (piece: Uint8Array) => {
    pieces.push(piece);
    length += piece.length;
  };
  // From quote to quote: whether one opens a string or stands inside it does not matter here.
  for (let quote = bytes.indexOf(0x22); quote >= 0 && length + quote - from < most; ) {
    const next = bytes.indexOf(0x22, quote + 1);
    if (next - quote > longest && isBase64(bytes.subarray(quote + 1, quote + 1 + looked))) {
      const shown = quote + 1 + shownChars;
      keep(bytes.subarray(from, shown));
      keep(Buffer.from(noteOf(next - shown)));
      from = next;
    }
    quote = next;
  }
  keep(bytes.subarray(from));
  return pieces;
}

/** What stands for characters that were left out. */
export function noteOf(chars: number): string {
  return `…[${chars} characters]`;
}

/** Data in strings up to this long may stay as it is. */
const longest = 2048;
const looked = 512;
/** Enough to tell a PNG from a PDF. */
const shownChars = 48;

function isBase64(head: Buffer): boolean {
  return /^(data:[^",]{0,120},)?[A-Za-z0-9+/=_-]{200}/.test(head.toString("latin1"));
}
