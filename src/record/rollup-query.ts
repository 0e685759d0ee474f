import { type SQL, sql } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";
import { requests } from "../../drizzle/requests.ts";
import { type RowColumn, rowColumns } from "./rollup-row.ts";

/** The query for such rows, of requests that have ended; `where` is built of SQL and `?`. */
export function rollupRows(where: SQL, order: SQL = sql`requests.id`): { sql: string; params: unknown[] } {
  return new QueryBuilder()
    .select(Object.fromEntries(rowColumns.map((name) => [name, sources[name]])))
    .from(requests)
    .where(sql`${requests.outcome} <> 0 and ${where}`)
    .orderBy(order)
    .toSQL();
}

/** Where each of a row's columns comes from. */
const sources = {
  id: requests.id,
  outcome: requests.outcome,
  requests: requests.requests,
  keyId: requests.keyId,
  apiId: requests.apiId,
  modelId: sql`coalesce(${requests.modelServedId}, ${requests.modelAskedId})`,
  upstreamId: requests.upstreamId,
  userAgentId: requests.userAgentId,
  errorKind: requests.errorKind,
  status: requests.status,
  firstTokenMs: requests.firstTokenMs,
  durationMs: requests.durationMs,
  overheadUs: requests.overheadUs,
  tokensIn: requests.tokensIn,
  tokensOut: requests.tokensOut,
  tokensCached: requests.tokensCached,
  tokensReasoning: requests.tokensReasoning,
  tokenSource: requests.tokenSource,
  costNano: requests.costNano,
  costCurrency: requests.costCurrency,
  addressId: requests.addressId,
} satisfies Record<RowColumn, unknown>;
