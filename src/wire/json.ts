import { isAscii } from "node:buffer";

/**
 * JSON of megabytes is pictures, or a long history. Parsed and written in one piece, such a text lies in memory many times
 * over, and each time twice as large where a single letter of it is not Latin. So the items of its lists are read and written
 * one by one, and long strings without an escape go around the parser and the writer: a short mark goes through in their place.
 */

/** A body as it came: as text, or as the bytes where a large text would take more room than they do. */
export type Sent = string | Uint8Array;

/** What leaves: in one, or as pieces in their order where to join them would take as much room again. */
export type Written = Sent | readonly Sent[];

/** From how many bytes on a body is large. */
const large = 1024 * 1024;

export const isLarge = (sent: Sent): boolean => sent.length > large;

/** Whether bytes are best kept as they are: a text of them would be twice as large for the sake of a few letters. */
export const isBestAsBytes = (sent: Uint8Array): boolean => isLarge(sent) && !isAscii(sent);

/** Throws what `JSON.parse` throws. */
export function readJson(sent: Sent): unknown {
  if (typeof sent === "string") return JSON.parse(sent);
  const bytes = inBuffer(sent);
  if (bytes.includes(markInJson)) return JSON.parse(bytes.toString());
  return readAround(bytes, itemsIn(bytes), (item) => readAround(item, longStrings(item), readPlain));
}

/** What stands at some places is read apart from what is around them. */
function readAround(bytes: Buffer, places: readonly Place[], read: (bytes: Buffer) => unknown): unknown {
  if (places.length === 0) return JSON.parse(bytes.toString());
  const values: unknown[] = [];
  let frame = "";
  let from = 0;
  for (const { start, end } of places) {
    frame += `${bytes.toString("utf8", from, start)}"${markInJson}${values.length}"`;
    values.push(read(bytes.subarray(start, end)));
    from = end;
  }
  frame += bytes.toString("utf8", from);
  return JSON.parse(frame, (_, field: unknown) =>
    typeof field === "string" && field.startsWith(mark) ? values[Number(field.slice(1))] : field,
  );
}

/** A string of ASCII without an escape. The parser itself has to say no to a control character in it. */
function readPlain(quoted: Buffer): unknown {
  const text = quoted.toString("latin1", 1, quoted.length - 1);
  return plain.test(text) ? text : JSON.parse(quoted.toString());
}

/**
 * In pieces where it is large, one for each item of its lists: joined, they would lie in memory once more, and twice as large
 * where a single one holds a letter that is not Latin.
 */
export function writeJson(value: object, isLarge: boolean): Written {
  if (!isLarge) return JSON.stringify(value);
  const pieces: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue;
    pieces.push(`${pieces.length === 0 ? "{" : ","}${JSON.stringify(name)}:`);
    if (Array.isArray(field) && field.length > 0) {
      for (const [i, item] of field.entries()) pieces.push(i === 0 ? "[" : ",", ...piecesOf(item));
      pieces.push("]");
    } else pieces.push(...piecesOf(field));
  }
  return pieces.length === 0 ? "{}" : [...pieces, "}"];
}

function piecesOf(value: unknown): string[] {
  const hung: string[] = [];
  const frame = JSON.stringify(value ?? null, (_, field: unknown) => {
    const isHung = typeof field === "string" && (isLong(field) || field.startsWith(mark));
    return isHung ? mark + (hung.push(field) - 1) : field;
  });
  if (hung.length === 0) return [frame];
  return frame.split(marked).map((piece, i) => (i % 2 === 0 ? piece : insideOfQuotes(hung[Number(piece)]!)));
}

/** Strings that begin so are ours. In JSON this character is always escaped. */
const mark = "\0";
const markInJson = "\\u0000";
const marked = /(?<=(?<!\\)")\\u0000(\d+)(?="(?!:))/;

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

/** Where the objects stand that are items of the outermost lists: messages, tools. */
function itemsIn(bytes: Buffer): Place[] {
  const places: Place[] = [];
  let depth = 0;
  let isList = false;
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = endOfString(bytes, at + 1);
      if (at < 0) break;
    } else if (byte === brace || byte === bracket) {
      depth++;
      if (depth === 2) isList = byte === bracket;
      if (depth === 3) start = byte === brace && isList ? at : -1;
    } else if (byte === closingBrace || byte === closingBracket) {
      if (depth === 3 && start >= 0) places.push({ start, end: at + 1 });
      depth--;
    }
  }
  return places;
}

/** Where the long values without an escape stand, quotes included. */
function longStrings(bytes: Buffer): Place[] {
  const places: Place[] = [];
  for (let start = bytes.indexOf(quote) + 1; start > 0; ) {
    const end = endOfString(bytes, start);
    if (end < 0) break;
    if (end - start > long && isValue(bytes, end) && isUnescaped(bytes.subarray(start, end)))
      places.push({ start: start - 1, end: end + 1 });
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
const [brace, closingBrace, bracket, closingBracket] = Array.from("{}[]", (sign) => sign.charCodeAt(0));
const blanks = new Set(Array.from(" \t\r\n", (blank) => blank.charCodeAt(0)));
