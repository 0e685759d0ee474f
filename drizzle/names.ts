import { integer, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";
import { type NameKind, nameKinds, otherId } from "./numbers.ts";
import { words } from "./words.ts";

export { type NameKind, nameKinds, otherId };

const nameKind = words(nameKinds);

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
