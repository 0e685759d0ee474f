import { GatewayError } from "~/errors.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { isFromOurPage } from "./csrf.ts";
import { unauthorized } from "./extract.ts";
import { type NetworkCheck, networkCheck } from "./networks.ts";
import { hasRight, type Right } from "./rights.ts";
import { findSecret, isLive, type Ring } from "./ring.ts";
import { parseToken } from "./secret.ts";

export type { KeyRow };

/** Who asks, as the rest of the line knows him. */
export interface Verified {
  keyId: number;
  /** 0 for `open`, which has no secret. */
  secretId: number;
  name: string;
  /** When the secret that was shown dies, in ms since 1970; null while it is the key's current one. */
  retiringUntil: number | null;
  /** The whole key: limits, networks, expiry. A value: a later change does not reach it. */
  key: KeyRow;
}

/**
 * Who a token stands for, from memory alone. Throws what the caller should learn.
 * With `openKey`, strings that zgate never made and never knew go under it: the older systems' users, whose clients must
 * send something, move in unchanged. Typos of real keys are still refused, and so is everything dead.
 */
export function verifyToken(
  ring: Ring,
  subkey: Uint8Array,
  token: string | null,
  openKey: KeyRow | null,
  now: number,
): { key: KeyRow; secret: KeySecretRow | null } {
  if (token === null) {
    if (openKey) return { key: openKey, secret: null };
    throw unauthorized("missing_key", "No API key was sent. Send: Authorization: Bearer YOUR_KEY");
  }
  const secret = findSecret(ring, subkey, token);
  const key = secret && ring.keys.get(secret.keyId);
  if (!secret || !key) {
    if (openKey && parseToken(token) === null) return { key: openKey, secret: null };
    throw unauthorized("unknown_key", "This API key is not known here. Check that it was copied whole.");
  }
  refuseDead(key, secret, now);
  return { key, secret };
}

/** Throws where a key is not to be used at all, or not from this address. */
export function refuseOutsider(key: KeyRow, address: string, now: number): void {
  if (key.disabledAt !== null)
    throw unauthorized("disabled_key", "This API key is switched off for now. Ask who gave it to you.");
  if (key.expiresAt !== null && key.expiresAt <= now) {
    throw unauthorized("expired_key", `This API key expired on ${day(key.expiresAt)}. Ask for a new one.`);
  }
  if (key.networks !== null && !networksOf(key, key.networks)(address)) {
    throw new GatewayError("address_not_allowed", "This API key may not be used from this network.");
  }
}

/**
 * Throws where a web page uses a gateway that asks for no key: any page that its visitor opens could spend the quota
 * from his own browser, without reading a word of the answer. Pages of `origins` may (`*`: all), and ours on this very
 * machine, which nobody else's name can lead to. A program that sends an `Origin` of its own is no page.
 */
export function refuseWebPage(headers: Headers, origins: readonly string[]): void {
  const origin = headers.get("origin");
  if (origin === null || !/^(https?:\/\/|null$)/i.test(origin)) return;
  if (origins.includes("*") || origins.includes(origin)) return;
  if (/^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(origin) && isFromOurPage(headers)) return;
  const page = origin === "null" ? "Web pages" : `Web pages of ${origin.slice(0, 100)}`;
  throw new GatewayError(
    "forbidden",
    `${page} may not use this gateway without a key. Whoever runs it can let them, by CORS_ORIGINS.`,
  );
}

/** An inference key cannot administer, an admin key cannot spend. */
export function requireRight(verified: Verified, right: Right): void {
  if (hasRight(verified.key.rights, right)) return;
  throw new GatewayError("forbidden", `This API key does not have the right to ${deeds[right]}.`);
}

function refuseDead(key: KeyRow, secret: KeySecretRow, now: number): void {
  if (key.revokedAt !== null) throw unauthorized("revoked_key", "This API key was revoked.");
  if (isLive(secret, now)) return;
  const since = secret.state === "retiring" ? secret.notAfter : secret.revokedAt;
  throw unauthorized(
    "revoked_key",
    `This API key was replaced by a newer one${since === null ? "" : ` on ${day(since)}`} and no longer works.`,
  );
}

const deeds: Record<Right, string> = {
  inference: "call models",
  reports: "read reports",
  metrics: "read metrics",
  admin: "administer",
};

const checks = new WeakMap<KeyRow, NetworkCheck>();

function networksOf(key: KeyRow, networks: string[]): NetworkCheck {
  let check = checks.get(key);
  if (!check) {
    check = networkCheck(networks);
    checks.set(key, check);
  }
  return check;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
