import { isAscii } from "node:buffer";

/**
 * JSON of megabytes is nearly all long strings without an escape: pictures. Parsed and written in one piece, such a text
 * lies in memory many times over, and each time twice as large where a single letter of it is not Latin. So those strings
 * go around the parser and the writer, and a short mark goes through in their place.
 */

/** A body as it came: as text, or as the bytes where a large text would take more room than they do. */
export type Sent = string | Uint8Array;

/** From how many bytes on a body is large. */
const large = 1024 * 1024;

export const isLarge = (sent: Sent): boolean => sent.length > large;

/** Whether bytes are best kept as they are: a text of them would be twice as large for the sake of a few letters. */
export function isBestAsBytes(sent: Uint8Array): boolean {
  if (!isLarge(sent) || isAscii(sent)) return false;
  const plainBytes = longStrings(inBuffer(sent)).reduce((sum, { start, end }) => sum + end - start, 0);
  return plainBytes > sent.length / 2;
}

/** Throws what `JSON.parse` throws. */
export function readJson(sent: Sent): unknown {
  if (typeof sent === "string") return JSON.parse(sent);
  const bytes = inBuffer(sent);
  const places = bytes.includes(markInJson) ? [] : longStrings(bytes);
  const hung: string[] = [];
  let frame = "";
  let from = 0;
  for (const { start, end } of places) {
    frame += `${bytes.toString("utf8", from, start)}${markInJson}${hung.length}`;
    hung.push(bytes.toString("latin1", start, end));
    from = end;
  }
  frame += bytes.toString("utf8", from);
  // The parser itself has to say no to a control character in one of them.
  if (!hung.every((text) => plain.test(text))) return JSON.parse(bytes.toString());
  if (hung.length === 0) return JSON.parse(frame);
  return JSON.parse(frame, (_, field: unknown) =>
    typeof field === "string" && field.startsWith(mark) ? hung[Number(field.slice(1))] : field,
  );
}

/** As bytes where it is large. */
export function writeJson(value: object, isLarge: boolean): Sent {
  if (!isLarge) return JSON.stringify(value);
  const hung: string[] = [];
  const frame = JSON.stringify(value, (_, field: unknown) => {
    const isHung = typeof field === "string" && (isLong(field) || field.startsWith(mark));
    return isHung ? mark + (hung.push(field) - 1) : field;
  });
  if (hung.length === 0) return frame;
  return joined(frame.split(marked).map((piece, i) => (i % 2 === 0 ? piece : insideOfQuotes(hung[Number(piece)]!))));
}

function joined(texts: string[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(texts.reduce((size, text) => size + Buffer.byteLength(text), 0));
  let at = 0;
  for (const text of texts) at += bytes.write(text, at);
  return bytes;
}

/** Strings that begin so are ours. In JSON this character is always escaped. */
const mark = "\0";
const markInJson = "\\u0000";
const marked = /(?<=")\\u0000(\d+)(?="(?!:))/;

/** Written once more, a string of this length costs more than its detour. */
const long = 4096;
const isLong = (text: string): boolean => text.length > long && plain.test(text);

/** What stands in JSON as it is. */
const plain = /^[ !#-[\]-~]*$/;

const insideOfQuotes = (text: string): string => (plain.test(text) ? text : JSON.stringify(text).slice(1, -1));

const inBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

interface Place {
  start: number;
  end: number;
}

/** Where the long values without an escape stand, between their quotes. */
function longStrings(bytes: Buffer): Place[] {
  const places: Place[] = [];
  for (let start = bytes.indexOf(quote) + 1; start > 0; ) {
    const end = endOfString(bytes, start);
    if (end < 0) break;
    if (end - start > long && isValue(bytes, end) && isUnescaped(bytes.subarray(start, end)))
      places.push({ start, end });
    start = bytes.indexOf(quote, end + 1) + 1;
  }
  return places;
}

function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(quote, start); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let before = end;
    while (bytes[before - 1] === backslash) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return -1;
}

/** Rather than a name, which a colon follows. */
function isValue(bytes: Buffer, end: number): boolean {
  let after = end + 1;
  while (blanks.has(bytes[after] ?? 0)) after++;
  return bytes[after] !== colon;
}

const isUnescaped = (bytes: Buffer): boolean => isAscii(bytes) && !bytes.includes(backslash);

const quote = '"'.charCodeAt(0);
const backslash = "\\".charCodeAt(0);
const colon = ":".charCodeAt(0);
const blanks = new Set(Array.from(" \t\r\n", (blank) => blank.charCodeAt(0)));
