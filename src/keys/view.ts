import type { Text } from "~/config/text.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { limitColumns, moneyColumns, nanoPerUsd } from "./limits.ts";
import { type Right, rightsOf } from "./rights.ts";
import { isLive } from "./ring.ts";

export type KeyState = "active" | "disabled" | "expired" | "revoked";

export const stateNames: Record<KeyState, Text> = {
  active: { en: "active", zh: "启用" },
  disabled: { en: "disabled", zh: "停用" },
  expired: { en: "expired", zh: "已过期" },
  revoked: { en: "revoked", zh: "已吊销" },
};

/** A key as the API, the pages and the command line show it: no secret in it. Moments are ISO 8601, UTC. */
export interface KeyView {
  id: number;
  name: string;
  note: string;
  state: KeyState;
  built_in: boolean;
  rights: Right[];
  models: string[] | null;
  networks: string[] | null;
  limits: Record<string, number | null>;
  /** Whether the bodies of its requests and answers are kept for a while. */
  capture: boolean;
  created_at: string;
  expires_at: string | null;
  rotate_after_days: number | null;
  /** Whether its current secret is older than the owner wants it to be. */
  rotation_due: boolean;
  last_used_at: string | null;
  /** The living ones, newest first: at most two. */
  secrets: SecretView[];
}

export interface SecretView {
  id: number;
  /** What people recognise it by. */
  hint: string;
  state: "active" | "retiring" | "revoked";
  created_at: string;
  /** When a retiring one dies. */
  not_after: string | null;
  first_used_at: string | null;
  last_used_at: string | null;
}

export function keyView(key: KeyRow, secrets: readonly KeySecretRow[], now: number): KeyView {
  const living = key.revokedAt === null ? secrets.filter((secret) => isLive(secret, now)) : [];
  const lastUsedAt = secrets.reduce((last, secret) => Math.max(last, secret.lastUsedAt ?? 0), 0);
  return {
    id: key.id,
    name: key.name,
    note: key.note,
    state: stateOf(key, now),
    built_in: key.builtIn,
    rights: rightsOf(key.rights),
    models: key.models,
    networks: key.networks,
    limits: limitsOf(key),
    capture: key.capture,
    created_at: moment(key.createdAt),
    expires_at: momentOrNull(key.expiresAt),
    rotate_after_days: key.rotateAfterDays,
    rotation_due: isRotationDue(key, living, now),
    last_used_at: momentOrNull(lastUsedAt || null),
    secrets: living.toReversed().map(secretView),
  };
}

export function secretView(secret: KeySecretRow): SecretView {
  return {
    id: secret.id,
    hint: secret.hint,
    state: secret.state,
    created_at: moment(secret.createdAt),
    not_after: momentOrNull(secret.notAfter),
    first_used_at: momentOrNull(secret.firstUsedAt),
    last_used_at: momentOrNull(secret.lastUsedAt),
  };
}

export function stateOf(key: KeyRow, now: number): KeyState {
  if (key.revokedAt !== null) return "revoked";
  if (key.disabledAt !== null) return "disabled";
  if (key.expiresAt !== null && key.expiresAt <= now) return "expired";
  return "active";
}

export function isRotationDue(key: KeyRow, secrets: readonly KeySecretRow[], now: number): boolean {
  const current = secrets.find((secret) => secret.state === "active");
  if (key.revokedAt !== null || key.rotateAfterDays === null || !current) return false;
  return current.createdAt + key.rotateAfterDays * 86_400_000 <= now;
}

/** Every limit, null where there is none; money in US dollars. */
function limitsOf(key: KeyRow): Record<string, number | null> {
  const limits: Record<string, number | null> = {};
  for (const [name, column] of Object.entries(limitColumns)) limits[name] = key[column];
  for (const [name, column] of Object.entries(moneyColumns)) {
    const nano = key[column];
    limits[name] = nano === null ? null : nano / nanoPerUsd;
  }
  return limits;
}

export function moment(at: number): string {
  return new Date(at).toISOString();
}

function momentOrNull(at: number | null): string | null {
  return at === null ? null : moment(at);
}
