import { eq, getTableColumns, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { attempts } from "../../drizzle/attempts.ts";
import { keySecrets } from "../../drizzle/key-secrets.ts";
import { keys } from "../../drizzle/keys.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import type { Asker } from "./question.ts";
import { tables } from "./rows.ts";

/** Everything that is known of a request. */
export type OneRequest = NonNullable<ReturnType<typeof oneRequest>>;

/** One request by its id, with each of its calls where it took several; null where there is none. */
export function oneRequest({ id }: { id: number }, { connection }: Asker) {
  const row = connection.db
    .select({
      ...getTableColumns(requests),
      acceptedAt: sql<number>`${requests.acceptedAt}`,
      method: method.value,
      path: path.value,
      api: tables.api.value,
      address: tables.address.value,
      modelAsked: asked.value,
      modelServed: served.value,
      upstream: tables.upstream.value,
      credential: credential.value,
      keyName: keys.name,
      secretHint: keySecrets.hint,
      userAgent: userAgents.raw,
      family: userAgents.family,
      version: userAgents.version,
    })
    .from(requests)
    .leftJoin(method, eq(method.id, requests.methodId))
    .leftJoin(path, eq(path.id, requests.pathId))
    .leftJoin(tables.api, eq(tables.api.id, requests.apiId))
    .leftJoin(tables.address, eq(tables.address.id, requests.addressId))
    .leftJoin(asked, eq(asked.id, requests.modelAskedId))
    .leftJoin(served, eq(served.id, requests.modelServedId))
    .leftJoin(tables.upstream, eq(tables.upstream.id, requests.upstreamId))
    .leftJoin(credential, eq(credential.id, requests.credentialId))
    .leftJoin(keys, eq(keys.id, requests.keyId))
    .leftJoin(keySecrets, eq(keySecrets.id, requests.secretId))
    .leftJoin(userAgents, eq(userAgents.id, requests.userAgentId))
    .where(eq(requests.id, id))
    .get();
  if (row === undefined) return null;
  const calls = connection.db.select().from(attempts).where(eq(attempts.requestId, id)).orderBy(attempts.number).all();
  return { ...row, calls };
}

const method = alias(names, "method");
const path = alias(names, "path");
const asked = alias(names, "asked");
const served = alias(names, "served");
const credential = alias(names, "credential");
