import { eq, type SQL, sql } from "drizzle-orm";
import { timeOfId } from "~/record/request-id.ts";
import { keys } from "../../drizzle/keys.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import { counted, lastNotAfter } from "./overview.ts";
import type { Asker } from "./question.ts";
import { rowsOf, tables } from "./rows.ts";
import { type FilterName, none, type Scope } from "./scope.ts";
import { createTally } from "./tally.ts";
import type { Totals } from "./totals.ts";

export interface BreakdownArgs {
  scope: Scope;
  by: FilterName;
  /** Where the cells of the small lines begin, as in the overview. */
  starts: number[];
  limit: number;
  /** `failures`: those with the most failed and rejected requests first. */
  order: "requests" | "failures";
}

export interface Breakdown {
  rows: BreakdownRow[];
  /** Requests of all values, those beyond the limit as well. */
  requests: number;
  /** How many values there are. */
  values: number;
}

export interface BreakdownRow extends Totals {
  /** What the filter of the same name takes. */
  value: string;
  /** What people call it. */
  label: string;
  /** Requests in each cell. */
  line: number[];
}

/** The requests of a scope, by one thing they differ in. */
export function breakdown({ scope, by, starts, limit, order }: BreakdownArgs, asker: Asker): Breakdown {
  const groups = new Map<string, { label: string; line: number[]; tally: ReturnType<typeof createTally> }>();
  let all = 0;
  for (const { value, label, ...row } of valuedRows(scope, by, asker)) {
    const said = by === "outcome" ? row.outcome : by === "error" ? row.errorKind : value;
    const name = said === null || said === "" ? none : said;
    let group = groups.get(name);
    if (group === undefined) {
      group = { label: label ?? name, line: starts.map(() => 0), tally: createTally() };
      groups.set(name, group);
    }
    group.tally.add(row);
    all += row.requests;
    const cell = lastNotAfter(starts, timeOfId(row.id));
    if (cell >= 0) group.line[cell]! += row.requests;
  }
  const rows = [...groups].map(([value, { label, line, tally }]) => ({ value, label, line, ...tally.totals() }));
  const weight = order === "requests" ? (row: BreakdownRow) => row.requests : failuresOf;
  rows.sort((one, other) => weight(other) - weight(one) || other.requests - one.requests);
  return { rows: rows.slice(0, limit), requests: all, values: rows.length };
}

function failuresOf({ outcomes: { failed, rejected, lost } }: Totals): number {
  return failed + rejected + lost;
}

function valuedRows(scope: Scope, by: FilterName, asker: Asker) {
  const { value, label } = valuesByName[by];
  return asker.connection.db
    .select({ ...counted, value, label })
    .from(requests)
    .leftJoin(keys, eq(keys.id, requests.keyId))
    .leftJoin(tables.address, eq(tables.address.id, requests.addressId))
    .leftJoin(tables.model, sql`model.id = coalesce(model_served_id, model_asked_id)`)
    .leftJoin(tables.api, eq(tables.api.id, requests.apiId))
    .leftJoin(tables.upstream, eq(tables.upstream.id, requests.upstreamId))
    .leftJoin(userAgents, eq(userAgents.id, requests.userAgentId))
    .where(rowsOf(scope, asker))
    .all();
}

type Column = SQL<string | null>;
const same = (column: unknown): { value: Column; label: Column } => {
  const value = sql<string | null>`${column}`;
  return { value, label: value };
};

const valuesByName: Record<FilterName, { value: Column; label: Column }> = {
  key: { value: sql`cast(${requests.keyId} as text)`, label: sql`${keys.name}` },
  model: same(tables.model.value),
  client: same(userAgents.family),
  version: same(userAgents.version),
  agent: same(userAgents.raw),
  api: same(tables.api.value),
  upstream: same(tables.upstream.value),
  // Words that the row itself holds.
  outcome: same(sql`null`),
  error: same(sql`null`),
  status: same(sql`cast(${requests.status} as text)`),
  address: same(tables.address.value),
};
