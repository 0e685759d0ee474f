import { and, eq, gte, inArray, isNull, lt, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { type ErrorKind, errorKinds } from "~/errors.ts";
import { type Outcome, outcomes } from "~/record/record.ts";
import { firstIdAt } from "~/record/request-id.ts";
import { type NameKind, names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import type { Asker } from "./question.ts";
import { type FilterName, type Filters, none, type Scope } from "./scope.ts";

/** The rows of a scope, as a condition. A name that was never seen matches nothing. */
export function rowsOf({ from, to, filters }: Scope, asker: Asker): SQL | undefined {
  return and(gte(requests.id, firstIdAt(from)), lt(requests.id, firstIdAt(to)), matches(filters, asker));
}

/** The condition of the filters alone; undefined without any. */
export function matches(filters: Filters, asker: Asker): SQL | undefined {
  const conditions = (Object.entries(filters) as [FilterName, string][]).map(([name, value]) =>
    conditionsByName[name](value, asker),
  );
  return and(...conditions);
}

const never = sql`0`;

const conditionsByName: Record<FilterName, (value: string, asker: Asker) => SQL> = {
  key: (value) =>
    value === none ? isNull(requests.keyId) : eq(requests.keyId, /^\d{1,15}$/.test(value) ? Number(value) : -1),
  // The model served, else the one asked for.
  model: (value, asker) => named(asker, "model", value, sql`coalesce(model_served_id, model_asked_id)`),
  client: (value, asker) => ofAgents(asker, eq(userAgents.family, value)),
  version: (value, asker) => ofAgents(asker, eq(userAgents.version, value)),
  agent: (value, asker) => ofAgents(asker, eq(userAgents.raw, value)),
  api: (value, asker) => named(asker, "api", value, sql`api_id`),
  upstream: (value, asker) => named(asker, "upstream", value, sql`upstream_id`),
  outcome: (value) => outcomeIs(value),
  error: (value) =>
    value === none
      ? isNull(requests.errorKind)
      : Object.hasOwn(errorKinds, value)
        ? eq(requests.errorKind, value as ErrorKind)
        : never,
  status: (value) =>
    value === none ? isNull(requests.status) : eq(requests.status, /^\d{3}$/.test(value) ? Number(value) : -1),
  address: (value, asker) => named(asker, "address", value, sql`address_id`),
};

function outcomeIs(value: string): SQL {
  if (!Object.hasOwn(outcomes, value)) return never;
  const is = eq(requests.outcome, value as Outcome);
  // Word for word what the partial index says.
  return value === "completed" ? is : sql`(outcome <> 1 and ${is})`;
}

function named({ connection }: Asker, kind: NameKind, value: string, column: SQL): SQL {
  if (value === none) return sql`${column} is null`;
  const row = connection.db
    .select({ id: names.id })
    .from(names)
    .where(and(eq(names.kind, kind), eq(names.value, value)))
    .get();
  return row === undefined ? never : sql`${column} = ${row.id}`;
}

/** Their ids, read once: a question may look through hundreds of windows. */
function ofAgents({ connection }: Asker, which: SQL): SQL {
  const ids = connection.db.select({ id: userAgents.id }).from(userAgents).where(which).all();
  return ids.length === 0
    ? never
    : inArray(
        requests.userAgentId,
        ids.map(({ id }) => id),
      );
}

/** The small tables under the names that lists of requests use. */
export const tables = {
  address: alias(names, "address"),
  model: alias(names, "model"),
  api: alias(names, "api"),
  upstream: alias(names, "upstream"),
};
