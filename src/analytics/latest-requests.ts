import { desc, eq, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { keys } from "../../drizzle/keys.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import type { Asker } from "./question.ts";

/** One line of a list of requests. NULL: it never came to that, or nobody said. */
export type RequestLine = ReturnType<typeof latestRequests>[number];

/** The newest requests, running ones as well. */
export function latestRequests({ limit }: { limit: number }, { connection }: Asker) {
  const address = alias(names, "address");
  const model = alias(names, "model");
  const api = alias(names, "api");
  return connection.db
    .select({
      id: requests.id,
      acceptedAt: sql<number>`${requests.acceptedAt}`,
      outcome: requests.outcome,
      requests: requests.requests,
      status: requests.status,
      errorKind: requests.errorKind,
      api: api.value,
      model: model.value,
      keyName: keys.name,
      stream: requests.stream,
      durationMs: requests.durationMs,
      firstTokenMs: requests.firstTokenMs,
      tokensIn: requests.tokensIn,
      tokensOut: requests.tokensOut,
      tokenSource: requests.tokenSource,
      userAgent: userAgents.raw,
      family: userAgents.family,
      address: address.value,
    })
    .from(requests)
    .leftJoin(address, eq(address.id, requests.addressId))
    .leftJoin(model, eq(model.id, requests.modelAskedId))
    .leftJoin(api, eq(api.id, requests.apiId))
    .leftJoin(keys, eq(keys.id, requests.keyId))
    .leftJoin(userAgents, eq(userAgents.id, requests.userAgentId))
    .orderBy(desc(requests.id))
    .limit(limit)
    .all();
}
