import { and, count, desc, eq, gt, gte, isNotNull, lt, max, ne, sql, sum } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Db } from "~/db/open.ts";
import type { Statement } from "~/db/writer.ts";
import { cells, type Grain, grains, grainsPerSeries, minutesPerGrain } from "../../drizzle/cells.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { lateRequests, rollupMarks, series } from "../../drizzle/series.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import { firstIdAt, timeOfId } from "./request-id.ts";

/** What one key used. */
export interface KeyUse {
  keyId: number;
  tokens: number;
  nanoUsd: number;
}

/** What a request costs today, in billionths of a US dollar; null for a model without a price. */
type CostOf = (used: { model: string; tokensIn: number; tokensCached: number; tokensOut: number }) => number | null;

/**
 * What every key used since a moment that begins a quarter of an hour: from the cells of the rollup, and from the rows
 * that are not in them yet. A month of ten million requests is a few thousand cells.
 */
export function loadUse(db: Db, since: number, costOf: CostOf): KeyUse[] {
  const keys = new Map<number, KeyUse>();
  const add = (keyId: number, tokens: number, nanoUsd: number) => {
    const use = keys.get(keyId) ?? { keyId, tokens: 0, nanoUsd: 0 };
    keys.set(keyId, { keyId, tokens: use.tokens + tokens, nanoUsd: use.nanoUsd + nanoUsd });
  };
  for (const { keyId, tokens, nanoUsd } of cellsSince(db, since)) add(keyId, tokens, nanoUsd);
  for (const { keyId, ...used } of rowsSince(db, since)) add(keyId, used.tokensIn + used.tokensOut, costOf(used) ?? 0);
  return [...keys.values()];
}

/** Whole UTC days where they fit, hours or quarters before and after them: a month is some seventy cells a key. */
function cellsSince(db: Db, since: number): KeyUse[] {
  const minute = Math.floor(since / 60_000);
  const fine: Grain = minute % 60 === 0 ? "hour" : "quarter";
  const day = 24 * 60;
  const firstDay = Math.ceil(minute / day) * day;
  const lastDay = lastDayOf(db);
  if (lastDay <= firstDay) return cellsBetween(db, fine, minute, minutesPerGrain);
  return [
    ...cellsBetween(db, fine, minute, firstDay),
    ...cellsBetween(db, "day", firstDay, lastDay),
    ...cellsBetween(db, "hour", lastDay, minutesPerGrain),
  ];
}

/** The UTC day that the rollup has come to, in minutes since 1970. */
function lastDayOf(db: Db): number {
  const mark = db.select().from(rollupMarks).where(eq(rollupMarks.name, "rolled")).get();
  return mark === undefined ? 0 : Math.floor(timeOfId(mark.value) / 86_400_000) * 24 * 60;
}

function cellsBetween(db: Db, grain: Grain, from: number, to: number): KeyUse[] {
  const first = sql`(${series.id} * ${grainsPerSeries} + ${grains[grain]}) * ${minutesPerGrain}`;
  return db
    .select({
      keyId: series.keyId,
      tokens: sql<number>`sum(${cells.tokensIn} + ${cells.tokensOut})`.mapWith(Number),
      nanoUsd: sql<number>`sum(${cells.costUsdNano})`.mapWith(Number),
    })
    .from(series)
    .innerJoin(cells, and(gte(cells.id, sql`${first} + ${from}`), lt(cells.id, sql`${first} + ${to}`)))
    .where(and(gt(series.keyId, 0), ...alone.map((column) => eq(column, 0))))
    .groupBy(series.keyId)
    .all();
}

/** A series of one key alone: everything else is all. */
const alone = [
  series.apiId,
  series.modelId,
  series.upstreamId,
  series.familyId,
  series.outcome,
  series.errorKind,
  series.status,
];

/** Rows that the rollup has not taken along yet; the late ones among them. */
function rowsSince(db: Db, since: number) {
  const mark = db.select().from(rollupMarks).where(eq(rollupMarks.name, "rolled")).get();
  // As a list of ids, and with a + before the key: SQLite would otherwise read a month of rows by their index of keys.
  const waiting = sql`${requests.id} in (
    select id from ${requests} where id >= ${Math.max(mark?.value ?? 0, firstIdAt(since))}
    union all select id from ${lateRequests})`;
  return db
    .select({
      keyId: sql<number>`${requests.keyId}`,
      model: sql<string>`coalesce(${names.value}, '')`,
      tokensIn: sql<number>`coalesce(${sum(requests.tokensIn)}, 0)`.mapWith(Number),
      tokensCached: sql<number>`coalesce(${sum(requests.tokensCached)}, 0)`.mapWith(Number),
      tokensOut: sql<number>`coalesce(${sum(requests.tokensOut)}, 0)`.mapWith(Number),
    })
    .from(requests)
    .leftJoin(names, eq(names.id, requests.modelServedId))
    .where(and(waiting, gte(requests.id, firstIdAt(since)), sql`+${requests.keyId} is not null`))
    .groupBy(requests.keyId, requests.modelServedId)
    .all();
}

/** The requests since a moment that were let in, one by one: for limits that look a minute back. */
export function loadRecent(db: Db, since: number): { keyId: number; at: number; requests: number; tokens: number }[] {
  return db
    .select({
      keyId: sql<number>`${requests.keyId}`,
      at: sql<number>`${requests.acceptedAt}`,
      requests: requests.requests,
      tokens: sql<number>`coalesce(${requests.tokensIn}, 0) + coalesce(${requests.tokensOut}, 0)`.mapWith(Number),
    })
    .from(requests)
    .where(and(gte(requests.id, firstIdAt(since)), isNotNull(requests.keyId), ne(requests.outcome, "rejected")))
    .all();
}

/** Who used a secret since a moment: rows of user agent, address, requests, last moment; the busiest first. */
export function secretUse(keyId: number, secretId: number, since: number): Statement {
  return build
    .select({ userAgent: userAgents.raw, address: names.value, requests: count(), lastAt: max(requests.acceptedAt) })
    .from(requests)
    .leftJoin(userAgents, eq(userAgents.id, requests.userAgentId))
    .leftJoin(names, eq(names.id, requests.addressId))
    .where(and(eq(requests.keyId, keyId), eq(requests.secretId, secretId), gte(requests.id, firstIdAt(since))))
    .groupBy(requests.userAgentId, requests.addressId)
    .orderBy(desc(count()))
    .limit(100)
    .toSQL();
}

const build = drizzle.mock();
