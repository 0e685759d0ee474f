import { and, asc, desc, eq, gt, inArray, or, type SQL, sql } from "drizzle-orm";
import { idOfRequestId, timeOfId } from "~/record/request-id.ts";
import { keys } from "../../drizzle/keys.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import type { Asker } from "./question.ts";
import { matches, tables } from "./rows.ts";
import { rowsMs } from "./rows-back.ts";
import type { Filters, Scope } from "./scope.ts";
import { both, idRange, idsIn, planOf } from "./scope-plan.ts";
import { type Window, windowsOf } from "./windows.ts";

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
  /** Where the next page begins: its `olderThan`, or `newerThan`; null where there is none. */
  older: number | null;
  newer: number | null;
  /** Where only the rows could tell and there were too many: how far the search came in its time; else null. */
  lookedBackTo: number | null;
}

/** One line of a list of requests. NULL: it never came to that, or nobody said. */
export type RequestLine = ReturnType<typeof selectLines>[number];

/** One page of the requests of a scope. */
export function requestList({ scope, search, from, limit }: RequestListArgs, asker: Asker): RequestList {
  const plan = planOf(scope, asker);
  const words = found(search, asker);
  const [first, end] = idRange(scope);
  const isUp = from !== null && "newerThan" in from;
  const range = {
    first: isUp ? Math.max(first, from.newerThan + 1) : first,
    end: from !== null && "olderThan" in from ? Math.min(end, from.olderThan) : end,
  };
  const lines: RequestLine[] = [];
  const condition = both(plan.condition, words);
  let stoppedAt: number | null = null;
  if (!plan.isEmpty) {
    const until = asker.tick() + rowsMs;
    let seen: Window | null = null;
    for (const window of windowsOf(asker, plan, words !== undefined, range, isUp)) {
      if (seen !== null && asker.tick() >= until) {
        stoppedAt = isUp ? seen.end - 1 : seen.first;
        break;
      }
      const where = both(idsIn(window.first, window.end), condition);
      lines.push(...selectLines(asker, where, isUp ? asc(requests.id) : desc(requests.id), limit + 1 - lines.length));
      if (lines.length > limit) break;
      seen = window;
    }
  }
  const isMore = lines.length > limit;
  const page = lines.slice(0, limit);
  const beyond = isMore ? page.at(-1)!.id : stoppedAt;
  if (isUp) page.reverse();
  return {
    lines: page,
    hasOlder: isUp || beyond !== null,
    hasNewer: isUp ? beyond !== null : from !== null,
    older: isUp ? (page.at(-1)?.id ?? from.newerThan + 1) : beyond,
    newer: isUp ? beyond : from === null ? null : (page[0]?.id ?? range.end - 1),
    lookedBackTo: stoppedAt === null ? null : timeOfId(stoppedAt),
  };
}

export interface RequestNewsArgs {
  filters: Filters;
  search: string;
  /** The last id that was told; null tells nothing but where the end is. */
  after: number | null;
  /** Up to `id` all was known at that moment: of those, only what ran on is news. */
  known: { id: number; at: number };
  /** Rows that were running when they were told. */
  running: number[];
  limit: number;
}

/** What happened since: rows that came, and rows that were running and are not any more, oldest first. */
export function requestNews(args: RequestNewsArgs, asker: Asker) {
  const { filters, search, after, known, running, limit } = args;
  if (after === null) {
    const last = asker.connection.db
      .select({ id: sql<number | null>`max(${requests.id})` })
      .from(requests)
      .get();
    return { lines: [], last: last?.id ?? 0 };
  }
  const ended = and(inArray(requests.id, running), sql`outcome <> 0`);
  const isNews = sql`(requests.id > ${known.id} or outcome = 0 or accepted_at + coalesce(duration_ms, 0) >= ${known.at})`;
  const came = and(gt(requests.id, after), isNews, matches(filters, asker), found(search, asker));
  const lines = selectLines(asker, running.length === 0 ? came : or(came, ended), asc(requests.id), limit);
  return { lines, last: Math.max(after, lines.at(-1)?.id ?? 0) };
}

/** A search: exact for an id, else text anywhere in what only the rows know. */
function found(search: string, { connection: { db } }: Asker): SQL | undefined {
  const text = search.trim();
  if (text === "") return undefined;
  const id = idOfRequestId(text);
  if (id !== null) return eq(requests.id, id);
  const piece = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  // Read once: a search looks through hundreds of windows.
  const agents = db
    .select({ id: userAgents.id })
    .from(userAgents)
    .where(sql`${userAgents.raw} like ${piece} escape '\\'`);
  const addresses = db
    .select({ id: names.id })
    .from(names)
    .where(sql`${eq(names.kind, "address")} and ${names.value} like ${piece} escape '\\'`);
  const idsOf = (rows: { id: number }[]) => rows.slice(0, mostIds).map((row) => row.id);
  return or(
    inArray(requests.userAgentId, idsOf(agents.all())),
    inArray(requests.addressId, idsOf(addresses.all())),
    sql`${requests.errorText} like ${piece} escape '\\'`,
    eq(requests.clientRequestId, text),
  );
}

/** Words that so many user agents have in common say nothing. */
const mostIds = 2_000;

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
      /** Whether what is said with that key is kept now. */
      isCaptured: keys.capture,
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
