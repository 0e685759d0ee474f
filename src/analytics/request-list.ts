import { and, asc, desc, eq, gt, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import { idOfRequestId } from "~/record/request-id.ts";
import { keys } from "../../drizzle/keys.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import type { Asker } from "./question.ts";
import { matches, rowsOf, tables } from "./rows.ts";
import type { Filters, Scope } from "./scope.ts";

export interface RequestListArgs {
  scope: Scope;
  /** Words to look for: a request id, a piece of a user agent, an address or an error text; empty for all. */
  search: string;
  /** Where the page stands: the rows older than an id, or newer than one; null for the newest. */
  from: { olderThan: number } | { newerThan: number } | null;
  limit: number;
}

export interface RequestList {
  /** Newest first. */
  lines: RequestLine[];
  hasOlder: boolean;
  hasNewer: boolean;
}

/** One line of a list of requests. NULL: it never came to that, or nobody said. */
export type RequestLine = ReturnType<typeof selectLines>[number];

/** One page of the requests of a scope. */
export function requestList({ scope, search, from, limit }: RequestListArgs, asker: Asker): RequestList {
  const where = and(rowsOf(scope, asker), found(search));
  if (from !== null && "newerThan" in from) {
    const lines = selectLines(asker, and(where, gt(requests.id, from.newerThan)), asc(requests.id), limit + 1);
    const hasNewer = lines.length > limit;
    return { lines: lines.slice(0, limit).reverse(), hasOlder: true, hasNewer };
  }
  const lines = selectLines(
    asker,
    from === null ? where : and(where, lt(requests.id, from.olderThan)),
    desc(requests.id),
    limit + 1,
  );
  return { lines: lines.slice(0, limit), hasOlder: lines.length > limit, hasNewer: from !== null };
}

export interface RequestNewsArgs {
  filters: Filters;
  search: string;
  /** The last id that was told; null tells nothing but where the end is. */
  after: number | null;
  /** Rows that were running when they were told. */
  running: number[];
  limit: number;
}

/** What happened since: rows that came, and rows that were running and are not any more, oldest first. */
export function requestNews({ filters, search, after, running, limit }: RequestNewsArgs, asker: Asker) {
  if (after === null) {
    const last = asker.connection.db
      .select({ id: sql<number | null>`max(${requests.id})` })
      .from(requests)
      .get();
    return { lines: [], last: last?.id ?? 0 };
  }
  const ended = and(inArray(requests.id, running), sql`outcome <> 0`);
  const came = and(gt(requests.id, after), matches(filters, asker), found(search));
  const lines = selectLines(asker, running.length === 0 ? came : or(came, ended), asc(requests.id), limit);
  return { lines, last: Math.max(after, lines.at(-1)?.id ?? 0) };
}

/** A search: exact for an id, else text anywhere in what only the rows know. */
function found(search: string): SQL | undefined {
  const text = search.trim();
  if (text === "") return undefined;
  const id = idOfRequestId(text);
  if (id !== null) return eq(requests.id, id);
  const piece = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return or(
    sql`${requests.userAgentId} in (select id from ${userAgents} where ${userAgents.raw} like ${piece} escape '\\')`,
    sql`${requests.addressId} in (select id from ${names} where kind = 4 and value like ${piece} escape '\\')`,
    sql`${requests.errorText} like ${piece} escape '\\'`,
    eq(requests.clientRequestId, text),
  );
}

function selectLines({ connection }: Asker, where: SQL | undefined, order: SQL, limit: number) {
  return connection.db
    .select({
      id: requests.id,
      acceptedAt: sql<number>`${requests.acceptedAt}`,
      outcome: requests.outcome,
      requests: requests.requests,
      status: requests.status,
      errorKind: requests.errorKind,
      errorText: requests.errorText,
      api: tables.api.value,
      model: tables.model.value,
      keyId: requests.keyId,
      keyName: keys.name,
      upstream: tables.upstream.value,
      stream: requests.stream,
      durationMs: requests.durationMs,
      firstTokenMs: requests.firstTokenMs,
      overheadUs: requests.overheadUs,
      tokensIn: requests.tokensIn,
      tokensOut: requests.tokensOut,
      tokensCached: requests.tokensCached,
      tokensReasoning: requests.tokensReasoning,
      tokenSource: requests.tokenSource,
      costNano: requests.costNano,
      costCurrency: requests.costCurrency,
      userAgent: userAgents.raw,
      family: userAgents.family,
      address: tables.address.value,
    })
    .from(requests)
    .leftJoin(tables.address, eq(tables.address.id, requests.addressId))
    .leftJoin(tables.model, sql`model.id = coalesce(model_served_id, model_asked_id)`)
    .leftJoin(tables.api, eq(tables.api.id, requests.apiId))
    .leftJoin(tables.upstream, eq(tables.upstream.id, requests.upstreamId))
    .leftJoin(keys, eq(keys.id, requests.keyId))
    .leftJoin(userAgents, eq(userAgents.id, requests.userAgentId))
    .where(where)
    .orderBy(order)
    .limit(limit)
    .all();
}
