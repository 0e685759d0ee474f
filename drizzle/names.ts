import { integer, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";
import { words } from "./words.ts";

/** What a name names. The numbers are stored, so they never change and are never used again. */
export const nameKinds = {
  other: 0,
  method: 1,
  path: 2,
  api: 3,
  address: 4,
  model: 5,
  upstream: 6,
  credential: 7,
} as const;
export type NameKind = keyof typeof nameKinds;

const nameKind = words(nameKinds);

/** The row that stands for every name beyond the caps and for a refused stranger's words, in both small tables. */
export const otherId = 1;

/** Strings that repeat, so that a request holds small numbers and a filter's choices never scan the requests. */
export const names = sqliteTable(
  "names",
  {
    id: integer().primaryKey(),
    kind: nameKind().notNull(),
    value: text().notNull(),
  },
  (table) => [unique("names_value").on(table.kind, table.value)],
);
