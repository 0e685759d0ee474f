import { and, eq, type SQL, sql } from "drizzle-orm";
import { errorKinds } from "~/errors.ts";
import { outcomes } from "~/record/record.ts";
import { firstIdAt } from "~/record/request-id.ts";
import { type Dimension, without } from "~/record/series.ts";
import { type NameKind, names } from "../../drizzle/names.ts";
import type { Asker } from "./question.ts";
import { matches } from "./rows.ts";
import { type FilterName, type Filters, none, type Scope } from "./scope.ts";
import type { Fixed } from "./sources.ts";

/** A scope as the database understands it. */
export interface ScopePlan {
  filters: Filters;
  /** The filters that the rollup knows. */
  fixed: Fixed;
  /** Whether only the rows know one of the filters. */
  isRowsOnly: boolean;
  /** A value that nothing has. */
  isEmpty: boolean;
  /** The filters as a condition on rows; undefined without any. */
  condition: SQL | undefined;
}

export function planOf(scope: Pick<Scope, "filters">, asker: Asker): ScopePlan {
  const { filters } = scope;
  const condition = matches(filters, asker);
  const plan: ScopePlan = { filters, fixed: {}, isRowsOnly: false, isEmpty: false, condition };
  for (const [name, value] of Object.entries(filters) as [FilterName, string][]) {
    const dimension = dimensionOf[name];
    const number = dimension === undefined ? undefined : numberOf(asker, dimension, value);
    if (dimension === undefined || (dimension === "outcome" && number === outcomes.running)) plan.isRowsOnly = true;
    else if (number === undefined) plan.isEmpty = true;
    else plan.fixed[dimension] = number;
  }
  return plan;
}

/** The filters that the rollup knows, under its own names. */
export const dimensionOf: Partial<Record<FilterName, Dimension>> = {
  key: "key",
  api: "api",
  model: "model",
  upstream: "upstream",
  client: "family",
  outcome: "outcome",
  error: "error",
  status: "status",
};

/** What a number of the rollup is called: as the filter takes it, and as people read it. */
export function wordsOf(asker: Asker, by: Dimension): (value: number) => { value: string; label: string } {
  const same = (word: string) => ({ value: word, label: word });
  const known = new Map<number, { value: string; label: string }>();
  const { sqlite } = asker.connection;
  if (by === "family") for (const [id, family] of asker.families.all()) known.set(id, same(family));
  if (by === "outcome") for (const [word, number] of Object.entries(outcomes)) known.set(number, same(word));
  if (by === "error") for (const [kind, { code }] of Object.entries(errorKinds)) known.set(code, same(kind));
  if (by === "key") {
    for (const [id, name] of sqlite.query("select id, name from keys").values()) {
      known.set(Number(id), { value: String(id), label: String(name) });
    }
  }
  const nameQuery = sqlite.query("select value from names where id = ?");
  return (value) => {
    if (value === without) return same(none);
    const word = known.get(value);
    if (word !== undefined) return word;
    if (by === "status" || by === "key") return same(String(value));
    const name = same(String(nameQuery.values(value)[0]?.[0] ?? value));
    known.set(value, name);
    return name;
  };
}

/** The ids of `[from, to)`, half-open as well. */
export function idRange({ from, to }: { from: number; to: number }): [first: number, end: number] {
  return [firstIdAt(Math.ceil(from)), firstIdAt(Math.ceil(to))];
}

export function idsIn(first: number, end: number): SQL {
  return sql`requests.id >= ${first} and requests.id < ${end}`;
}

export function idsOf(range: { from: number; to: number }): SQL {
  return idsIn(...idRange(range));
}

export function both(...conditions: (SQL | undefined)[]): SQL {
  return and(...conditions) ?? sql`1`;
}

function numberOf({ connection, families }: Asker, dimension: Dimension, value: string): number | undefined {
  if (value === none) return without;
  switch (dimension) {
    case "key":
    case "status":
      return /^\d{1,15}$/.test(value) && value !== "0" ? Number(value) : undefined;
    case "outcome":
      return Object.hasOwn(outcomes, value) ? outcomes[value as keyof typeof outcomes] : undefined;
    case "error":
      return Object.hasOwn(errorKinds, value) ? errorKinds[value as keyof typeof errorKinds].code : undefined;
    case "family":
      return families.all().find(([, family]) => family === value)?.[0];
    default:
      return connection.db
        .select({ id: names.id })
        .from(names)
        .where(and(eq(names.kind, dimension satisfies NameKind), eq(names.value, value)))
        .get()?.id;
  }
}
