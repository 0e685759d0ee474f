import { and, count, desc, eq, gte, isNotNull, max, ne, sql, sum } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Db } from "~/db/open.ts";
import type { Statement } from "~/db/writer.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import { firstIdAt } from "./request-id.ts";

/** What one key used of one model. */
export interface ModelUse {
  keyId: number;
  model: string;
  tokensIn: number;
  tokensCached: number;
  tokensOut: number;
}

/** What every key used since a moment, from the rows. */
export function loadUse(db: Db, since: number): ModelUse[] {
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
    .where(and(gte(requests.id, firstIdAt(since)), isNotNull(requests.keyId)))
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
