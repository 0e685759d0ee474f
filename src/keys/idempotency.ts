import { GatewayError } from "~/errors.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import { readIdempotencyKey } from "./input.ts";
import { secretsOf } from "./ring.ts";
import type { Room } from "./room.ts";
import { macOf } from "./secret.ts";

/** A request that makes a secret and may be sent twice. */
export interface Repeatable {
  /** Its `Idempotency-Key`. */
  name: string;
  /** What the column keeps: the name, and a mark of what was asked, which tells nothing of an imported secret. */
  kept: string;
}

/** Null for a request without an `Idempotency-Key`. Order does not matter in `body`. */
export function repeatable(
  room: Room,
  idempotencyKey: string | null | undefined,
  operation: "create" | "rotate",
  body: unknown,
): Repeatable | null {
  const name = readIdempotencyKey(idempotencyKey);
  if (name === null) return null;
  const fields = Object.entries(body ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const mark = Buffer.from(macOf(JSON.stringify([operation, fields]), room.subkey)).toString("base64url");
  return { name, kept: `${name}\n${mark}` };
}

/**
 * The secret that this very request made before. `keyId`: the key that it rotates, null where it makes one; keys may be
 * rotated by the same name each. Throws `conflict` where the name stood for another request.
 */
export function madeBefore(room: Room, request: Repeatable | null, keyId: number | null): KeySecretRow | null {
  if (request === null) return null;
  for (const secret of room.ring.secrets.values()) {
    if (secret.idempotencyKey === null || nameOf(secret.idempotencyKey) !== request.name) continue;
    const isOwn = keyId === null || secret.keyId === keyId;
    if (isOwn && secret.idempotencyKey === request.kept) return secret;
    const isFirst = secretsOf(room.ring, secret.keyId)[0]?.id === secret.id;
    if (isOwn || isFirst) throw usedBefore(request.name);
  }
  return null;
}

function nameOf(kept: string): string {
  const end = kept.lastIndexOf("\n");
  return end === -1 ? kept : kept.slice(0, end);
}

function usedBefore(name: string): GatewayError {
  return new GatewayError(
    "conflict",
    `The Idempotency-Key '${name.slice(0, 100)}' was used for another request. Nothing was done; send this one with a new key.`,
    {
      zh: `Idempotency-Key“${name.slice(0, 100)}”已用于另一个请求。未做任何更改；请换一个再发。`,
      param: "Idempotency-Key",
    },
  );
}
