import { customType } from "drizzle-orm/sqlite-core";

/** A column that code reads as a word of a closed vocabulary and the database keeps as its number. */
export function words<Word extends string>(numbers: Readonly<Record<Word, number>>) {
  const byNumber = new Map(Object.entries<number>(numbers).map(([word, number]) => [number, word as Word]));
  return customType<{ data: Word; driverData: number }>({
    dataType: () => "integer",
    toDriver: (word) => numbers[word],
    fromDriver(number) {
      const word = byNumber.get(number);
      if (word === undefined) throw new Error(`no word for ${number}: the row was written by a newer zgate`);
      return word;
    },
  });
}

/** A yes or no, kept as 1 or 0. */
export const flag = customType<{ data: boolean; driverData: number }>({
  dataType: () => "integer",
  toDriver: (yes) => (yes ? 1 : 0),
  fromDriver: (number) => number === 1,
});
