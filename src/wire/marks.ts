/**
 * Finds the next of several marks in bytes, from a place on; the length of the bytes where none follows. Places only grow,
 * so each mark is looked for once in each byte, however often it is asked.
 */
export function findMarks(bytes: Buffer, marks: readonly string[]): (from: number) => number {
  const next = marks.map((mark) => indexOrEnd(bytes, mark, 0));
  return (from) => {
    let first = bytes.length;
    for (let at = 0; at < marks.length; at++) {
      if (next[at]! < from) next[at] = indexOrEnd(bytes, marks[at]!, from);
      if (next[at]! < first) first = next[at]!;
    }
    return first;
  };
}

function indexOrEnd(bytes: Buffer, mark: string, from: number): number {
  const at = bytes.indexOf(mark, from, "latin1");
  return at < 0 ? bytes.length : at;
}

/** `"name":VALUE` as JSON is usually written: without a blank behind the colon, or with one. */
export const usually = (name: string, value: string): string[] => [`"${name}":${value}`, `"${name}": ${value}`];

/** Whether a piece of JSON has its blanks elsewhere, or other ones, so that `usually` is not to be relied on. */
export const isUnusual = (json: string): boolean => unusual.test(json);
const unusual = /"\s+:|:\s{2}|:[^\S ]|[[{]\s/;
