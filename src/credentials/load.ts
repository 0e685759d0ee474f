import type { Db } from "~/db/open.ts";
import { type CredentialRow, credentials } from "../../drizzle/credentials.ts";
import { type UpstreamRow, upstreams } from "../../drizzle/upstreams.ts";

export interface UpstreamRows {
  upstreams: UpstreamRow[];
  credentials: CredentialRow[];
}

/** The stored upstreams, read once, before the first request. */
export function loadUpstreams(db: Db): UpstreamRows {
  return { upstreams: db.select().from(upstreams).all(), credentials: db.select().from(credentials).all() };
}
