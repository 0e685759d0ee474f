import { moment } from "~/keys/view.ts";
import type { DialectName } from "~/upstreams/upstream.ts";
import type { CredentialRow } from "../../drizzle/credentials.ts";
import type { UpstreamRow } from "../../drizzle/upstreams.ts";
import { isOdd } from "./input.ts";

/** An upstream as the API, the pages and the command line show it. No secret is in it. Moments are ISO 8601, UTC. */
export interface UpstreamView {
  /** Null for the one of the environment. */
  id: number | null;
  name: string;
  dialect: DialectName;
  url: string;
  state: "active" | "disabled";
  built_in: boolean;
  coding_plan: boolean;
  /** Smaller ones are asked first. */
  priority: number;
  weight: number;
  models: string[] | null;
  created_at: string | null;
  credentials: CredentialView[];
}

export interface CredentialView {
  /** Null for what the environment says. */
  id: number | null;
  name: string;
  hint: string;
  /** It is not shaped like a key of Z.ai's, and shown to Z.ai: it may be cut, or a token of another kind. */
  odd: boolean;
  state: "active" | "disabled";
  priority: number;
  weight: number;
  models: string[] | null;
  in_flight: Record<string, number> | null;
  /** The secret before the last rotation, while it may still help out. */
  retiring: { hint: string; not_after: string } | null;
  rotated_at: string | null;
  created_at: string | null;
}

export function upstreamView(row: UpstreamRow, credentials: readonly CredentialRow[], now: number): UpstreamView {
  return {
    id: row.id,
    name: row.name,
    dialect: row.dialect,
    url: row.url,
    state: row.disabledAt === null ? "active" : "disabled",
    built_in: false,
    coding_plan: /\/coding\/paas\/v4$/.test(row.url),
    priority: row.priority,
    weight: row.weight,
    models: row.models,
    created_at: moment(row.createdAt),
    credentials: credentials.map((credential) => credentialView(credential, row.url, now)),
  };
}

export function credentialView(row: CredentialRow, url: string, now: number): CredentialView {
  const isRetiring = row.retiring !== null && row.retiringUntil !== null && row.retiringUntil > now;
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    odd: isOdd(row.hint, url),
    state: row.disabledAt === null ? "active" : "disabled",
    priority: row.priority,
    weight: row.weight,
    models: row.models,
    in_flight: row.inFlight,
    retiring: isRetiring ? { hint: row.retiringHint!, not_after: moment(row.retiringUntil!) } : null,
    rotated_at: row.rotatedAt === null ? null : moment(row.rotatedAt),
    created_at: moment(row.createdAt),
  };
}
