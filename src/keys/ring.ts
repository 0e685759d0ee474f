import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { isSameMac, macOf, parseToken } from "./secret.ts";

/**
 * All keys and secrets, in memory, dead ones included: what the traffic thread verifies against without touching the
 * disk. Rows are values: a change puts a new one in the old one's place.
 */
export interface Ring {
  keys: Map<number, KeyRow>;
  secrets: Map<number, KeySecretRow>;
  byPublicId: Map<string, KeySecretRow>;
  byMac: Map<string, KeySecretRow>;
  /** The secrets of each key, oldest first. */
  byKey: Map<number, KeySecretRow[]>;
}

export function createRing(keys: readonly KeyRow[], secrets: readonly KeySecretRow[]): Ring {
  const ring: Ring = { keys: new Map(), secrets: new Map(), byPublicId: new Map(), byMac: new Map(), byKey: new Map() };
  for (const key of keys) putKey(ring, key);
  for (const secret of secrets) putSecret(ring, secret);
  return ring;
}

export function putKey(ring: Ring, key: KeyRow): void {
  ring.keys.set(key.id, key);
}

export function putSecret(ring: Ring, secret: KeySecretRow): void {
  ring.secrets.set(secret.id, secret);
  ring.byMac.set(macName(secret.mac), secret);
  if (secret.publicId !== null) ring.byPublicId.set(secret.publicId, secret);
  const others = (ring.byKey.get(secret.keyId) ?? []).filter((other) => other.id !== secret.id);
  ring.byKey.set(
    secret.keyId,
    [...others, secret].sort((a, b) => a.id - b.id),
  );
}

/** The secret that a token is, dead or alive; null for a stranger's. */
export function findSecret(ring: Ring, subkey: Uint8Array, token: string): KeySecretRow | null {
  const parsed = parseToken(token);
  if (parsed === "typo") return null;
  const mac = macOf(token, subkey);
  const byId = parsed && ring.byPublicId.get(parsed.publicId);
  if (byId) return isSameMac(byId.mac, mac) ? byId : null;
  // Imported strings. The place in this map depends on the HMAC alone, so its timing tells nothing of the string.
  return ring.byMac.get(macName(mac)) ?? null;
}

export function secretsOf(ring: Ring, keyId: number): KeySecretRow[] {
  return ring.byKey.get(keyId) ?? [];
}

/** Whether a secret still opens the door, its key aside. */
export function isLive(secret: KeySecretRow, now: number): boolean {
  return secret.state === "active" || (secret.state === "retiring" && (secret.notAfter ?? 0) > now);
}

function macName(mac: Uint8Array): string {
  return Buffer.from(mac.buffer, mac.byteOffset, mac.byteLength).toString("latin1");
}
