import { GatewayError } from "~/errors.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { madeBefore, repeatable } from "./idempotency.ts";
import { readNewKey, unlimited } from "./input.ts";
import { rightsOf } from "./rights.ts";
import { findSecret } from "./ring.ts";
import { commit, findKey, keyNamed, nextId, type Room } from "./room.ts";
import { hintOf, macOf, makeToken, parseToken } from "./secret.ts";
import { theEnvironment, type Who } from "./statements.ts";

/** A key with a secret that was just made: shown once, here, and never again. Null where it was shown before. */
export interface Issued {
  key: KeyRow;
  secret: KeySecretRow;
  token: string | null;
}

/** `open` stands for requests without a key, and for nobody else. */
export const openName = "open";

/** Makes a key, with a secret of ours or an imported one. The same `idempotencyKey` gives the same key again. */
export async function createKey(room: Room, body: unknown, who: Who, idempotencyKey?: string | null): Promise<Issued> {
  const now = room.clock.now();
  const { policy, secret: imported } = readNewKey(body, now);
  const request = repeatable(room, idempotencyKey, "create", body);
  return room.serially(async () => {
    const again = madeBefore(room, request, null);
    if (again) return { key: findKey(room.ring, again.keyId), secret: again, token: null };
    refuseTakenName(room, policy.name);
    refuseCapture(room, policy);
    const id = nextId(room.ring.keys.keys());
    const key: KeyRow = { ...policy, id, builtIn: false, createdAt: now, disabledAt: null, revokedAt: null };
    const { secret, token } = newSecret(room, id, imported, request?.kept ?? null, now);
    await commit(room, who, now, {
      keys: [key],
      secrets: [secret],
      action: imported === null ? "key.create" : "key.import",
      subject: `key ${id}`,
      after: {
        name: key.name,
        rights: rightsOf(key.rights),
        secret: secret.hint,
        ...(key.capture && { capture: true }),
      },
    });
    return { key, secret, token };
  });
}

/** Makes the key of requests that show none. It has no secret. */
export async function createOpenKey(room: Room): Promise<KeyRow> {
  const now = room.clock.now();
  const id = nextId(room.ring.keys.keys());
  const key: KeyRow = {
    ...unlimited,
    id,
    name: openName,
    builtIn: true,
    createdAt: now,
    disabledAt: null,
    revokedAt: null,
  };
  await commit(room, theEnvironment, now, {
    keys: [key],
    action: "key.create",
    subject: `key ${id}`,
    after: { name: key.name, rights: rightsOf(key.rights) },
  });
  return key;
}

/** A further secret for a key. Refuses a string that is a key already, or ever was one. */
export function newSecret(
  room: Room,
  keyId: number,
  imported: string | null,
  idempotencyKey: string | null,
  now: number,
): { secret: KeySecretRow; token: string } {
  const token = imported ?? makeToken(room.prefix).token;
  refuseKnownString(room, token);
  const parsed = parseToken(token);
  const publicId = parsed && parsed !== "typo" && !room.ring.byPublicId.has(parsed.publicId) ? parsed.publicId : null;
  const secret: KeySecretRow = {
    id: nextId(room.ring.secrets.keys()),
    keyId,
    publicId,
    mac: macOf(token, room.subkey),
    macVersion: 1,
    hint: hintOf(token),
    state: "active",
    createdAt: now,
    notAfter: null,
    revokedAt: null,
    firstUsedAt: null,
    lastUsedAt: null,
    idempotencyKey,
  };
  return { secret, token };
}

export function refuseTakenName(room: Room, name: string, mine: number | null = null): void {
  const other = keyNamed(room.ring, name);
  if (name === openName || (other && other.id !== mine)) {
    throw new GatewayError("conflict", `There is a key with the name '${name}' already.`, {
      zh: `已有名为“${name}”的密钥。`,
      param: "name",
    });
  }
}

/** Whoever runs this machine may forbid that anything is kept of what is said, whoever administers it. */
export function refuseCapture(room: Room, { capture }: { capture?: boolean }): void {
  if (!capture || room.mayCapture) return;
  throw new GatewayError("conflict", "This gateway keeps no bodies: CAPTURE_ALLOWED=false.", {
    param: "capture",
    zh: "此网关不保存任何内容：CAPTURE_ALLOWED=false。",
  });
}

function refuseKnownString(room: Room, token: string): void {
  const known = findSecret(room.ring, room.subkey, token);
  if (!known) return;
  const key = findKey(room.ring, known.keyId);
  const isDead =
    key.revokedAt !== null || known.state === "revoked" || (known.notAfter ?? Infinity) <= room.clock.now();
  throw new GatewayError(
    "conflict",
    isDead
      ? `This string was a secret of the key '${key.name}' and was revoked or rotated out: it stays dead.`
      : `This string is a secret of the key '${key.name}' already.`,
    {
      zh: isDead ? `此字符串曾属于密钥“${key.name}”，已被吊销或轮换，不能再用。` : `此字符串已属于密钥“${key.name}”。`,
      param: "secret",
    },
  );
}
