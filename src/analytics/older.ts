import { desc, eq, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import type { Asker } from "./question.ts";
import { tables } from "./rows.ts";

/** A request as the dashboard of the older system ZtoApi listed it. */
export interface OlderRequest {
  id: number;
  /** Milliseconds since 1970. */
  acceptedAt: number;
  method: string | null;
  path: string | null;
  status: number | null;
  durationMs: number | null;
  userAgent: string | null;
  model: string | null;
}

/** The last requests that ended, newest first. */
export function olderRequests({ limit }: { limit: number }, { connection }: Asker): OlderRequest[] {
  const method = alias(names, "method");
  const path = alias(names, "path");
  return connection.db
    .select({
      id: requests.id,
      acceptedAt: sql<number>`${requests.acceptedAt}`,
      method: method.value,
      path: path.value,
      status: requests.status,
      durationMs: requests.durationMs,
      userAgent: userAgents.raw,
      model: tables.model.value,
    })
    .from(requests)
    .leftJoin(method, eq(method.id, requests.methodId))
    .leftJoin(path, eq(path.id, requests.pathId))
    .leftJoin(tables.model, sql`model.id = coalesce(model_served_id, model_asked_id)`)
    .leftJoin(userAgents, eq(userAgents.id, requests.userAgentId))
    .where(sql`outcome <> 0`)
    .orderBy(desc(requests.id))
    .limit(limit)
    .all();
}
