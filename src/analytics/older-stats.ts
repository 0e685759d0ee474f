import { desc, eq, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { binCount, middleOf } from "~/record/histogram.ts";
import { requestIdOf } from "~/record/request-id.ts";
import { lists } from "~/record/spread.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import type { Asker } from "./question.ts";
import { tallyScope } from "./tally-scope.ts";

/** What ZtoApi's dashboard answered at `/dashboard/stats`: of all requests on record, where that forgot at each start. */
export interface OlderStats {
  totalRequests: number;
  /** Completed; all others that have ended count as failed, as they did there. */
  successfulRequests: number;
  failedRequests: number;
  /** Milliseconds, of completed and failed requests; off by 1.6 % at most. */
  averageResponseTime: number;
}

export function olderStats(_args: Record<string, never>, asker: Asker): OlderStats {
  const scope = { from: firstMoment, to: asker.now + 1, filters: {} };
  const { whole } = tallyScope(scope, [scope.from, scope.to], asker);
  const { requests, outcomes } = whole.totals();
  const ended = requests - outcomes.running;
  return {
    totalRequests: ended,
    successfulRequests: outcomes.completed,
    failedRequests: ended - outcomes.completed,
    averageResponseTime: Math.round(meanOf(whole.parts)),
  };
}

/** What it answered at `/dashboard/requests`: the last hundred, newest first. */
export interface OlderRequest {
  id: string;
  timestamp: string;
  method: string;
  path: string;
  status: number;
  duration: number;
  user_agent: string;
  model: string;
}

export function olderRequests(_args: Record<string, never>, { connection }: Asker): OlderRequest[] {
  const [method, path, model] = [alias(names, "method"), alias(names, "path"), alias(names, "model")];
  return connection.db
    .select({
      id: requests.id,
      acceptedAt: sql<number>`${requests.acceptedAt}`,
      method: method.value,
      path: path.value,
      status: requests.status,
      durationMs: requests.durationMs,
      userAgent: userAgents.raw,
      model: model.value,
    })
    .from(requests)
    .leftJoin(method, eq(method.id, requests.methodId))
    .leftJoin(path, eq(path.id, requests.pathId))
    .leftJoin(model, sql`model.id = coalesce(model_served_id, model_asked_id)`)
    .leftJoin(userAgents, eq(userAgents.id, requests.userAgentId))
    .where(sql`outcome <> 0`)
    .orderBy(desc(requests.id))
    .limit(100)
    .all()
    .map((row) => ({
      id: requestIdOf(row.id),
      timestamp: new Date(row.acceptedAt).toISOString(),
      method: row.method ?? "",
      path: row.path ?? "",
      status: row.status ?? 0,
      duration: row.durationMs ?? 0,
      user_agent: row.userAgent ?? "",
      model: row.model ?? "",
    }));
}

/** Before the first id that there can be. */
const firstMoment = Date.UTC(2025, 0, 1);

function meanOf({ values, spread }: { values: { durationMs: number[] }; spread: Float64Array | null }): number {
  let sum = 0;
  let count = 0;
  for (const value of values.durationMs) {
    sum += value;
    count++;
  }
  for (let bin = 0; spread !== null && bin < binCount; bin++) {
    const many = spread[lists.duration + bin]!;
    sum += many * middleOf(bin);
    count += many;
  }
  return count === 0 ? 0 : sum / count;
}
