import type { Text } from "~/config/text.ts";

/** The known word that a mistyped one is closest to; null where none is close. */
export function nearest(word: string, known: readonly string[]): string | null {
  const ranked = known.map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far);
  return ranked[0] && ranked[0].far <= 2 ? ranked[0].one : null;
}

/** How a sentence about an unknown word ends: with the known one that is closest, where one is close. */
export function didYouMean(word: string, known: readonly string[]): Text {
  const near = nearest(word, known);
  return near === null ? { en: ".", zh: "。" } : { en: `; did you mean '${near}'?`, zh: `，是否想输入 '${near}'？` };
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
