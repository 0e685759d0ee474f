import type { Text } from "~/config/text.ts";
import { GatewayError } from "~/errors.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { type Issued, newSecret } from "./create.ts";
import { madeBefore, repeatable } from "./idempotency.ts";
import { overlaps, readRotation } from "./input.ts";
import { commit, findLivingKey, livingSecrets, type Room } from "./room.ts";
import type { Who } from "./statements.ts";
import { moment } from "./view.ts";

/** A rotation: the key keeps its id, name, limits and history, and gets a new secret. */
export interface Rotated extends Issued {
  /** The old secret, while it lives on. */
  retiring: KeySecretRow | null;
  /** Where the answer is not quite what was asked. */
  notice: Text | null;
}

/**
 * Rotates a key's secret; the old one lives on for `body.overlap`, but never beyond the key's own expiry, and never are
 * more than two alive. The same `idempotencyKey` gives the same rotation again, without its secret.
 */
export async function rotateKey(
  room: Room,
  idOrName: number | string,
  body: unknown,
  who: Who,
  idempotencyKey?: string | null,
): Promise<Rotated> {
  const { overlap, secret: imported } = readRotation(body);
  const request = repeatable(room, idempotencyKey, "rotate", body);
  return room.serially(async () => {
    const now = room.clock.now();
    const key = findLivingKey(room.ring, idOrName);
    refuseBuiltIn(key);
    const before = livingSecrets(room, key, now);
    const again = madeBefore(room, request, key.id);
    if (again) return { key, secret: again, token: null, retiring: before.retiring, notice: null };
    if (before.retiring) throw stillOverlapping(key, before.retiring);

    const { secret, token } = newSecret(room, key.id, imported, request?.kept ?? null, now);
    const wished = now + overlaps[overlap];
    const ends = key.expiresAt === null ? wished : Math.min(wished, key.expiresAt);
    const old = before.active && (ends > now ? retire(before.active, ends) : kill(before.active, now));
    await commit(room, who, now, {
      secrets: old ? [old, secret] : [secret],
      action: "key.rotate",
      subject: `key ${key.id}`,
      before: { secret: before.active?.hint ?? null },
      after: { secret: secret.hint, overlap_ends_at: ends > now ? moment(ends) : null },
    });
    return {
      key,
      secret,
      token,
      retiring: old?.state === "retiring" ? old : null,
      notice:
        ends < wished
          ? {
              en: `The old secret lives until ${moment(ends)} and not for ${overlap}, since the key itself expires then.`,
              zh: `旧密钥串有效至 ${moment(ends)}，而非 ${overlap}，因为密钥本身届时到期。`,
            }
          : null,
    };
  });
}

/**
 * Puts a new secret in the place of all others, at once: what a changed `DEFAULT_KEY` asks for. An overlap that was
 * running ends with it.
 */
export function replaceSecrets(room: Room, key: KeyRow, imported: string, who: Who): Promise<void> {
  return room.serially(async () => {
    const now = room.clock.now();
    const { active, retiring } = livingSecrets(room, key, now);
    const { secret } = newSecret(room, key.id, imported, null, now);
    const killed = [active, retiring].filter((one) => one !== null).map((one) => kill(one, now));
    await commit(room, who, now, {
      secrets: [...killed, secret],
      action: "key.rotate",
      subject: `key ${key.id}`,
      before: { secret: active?.hint ?? null },
      after: { secret: secret.hint, overlap_ends_at: null },
    });
  });
}

/** Ends the overlap of a rotation now: the old secret is refused from here on. */
export function endOverlap(room: Room, idOrName: number | string, who: Who): Promise<KeyRow> {
  return room.serially(async () => {
    const now = room.clock.now();
    const key = findLivingKey(room.ring, idOrName);
    const { retiring } = livingSecrets(room, key, now);
    if (!retiring) throw notOverlapping(key);
    await commit(room, who, now, {
      secrets: [kill(retiring, now)],
      action: "key.end_overlap",
      subject: `key ${key.id}`,
      before: { secret: retiring.hint, overlap_ends_at: retiring.notAfter && moment(retiring.notAfter) },
    });
    return key;
  });
}

/** Takes a rotation back while its overlap runs: the old secret is the key's own again, the new one is dead. */
export function undoRotation(room: Room, idOrName: number | string, who: Who): Promise<KeyRow> {
  return room.serially(async () => {
    const now = room.clock.now();
    const key = findLivingKey(room.ring, idOrName);
    const { active, retiring } = livingSecrets(room, key, now);
    if (!retiring) throw notOverlapping(key);
    const restored: KeySecretRow = { ...retiring, state: "active", notAfter: null };
    await commit(room, who, now, {
      secrets: active ? [kill(active, now), restored] : [restored],
      action: "key.undo_rotation",
      subject: `key ${key.id}`,
      before: { secret: active?.hint ?? null },
      after: { secret: retiring.hint },
    });
    return key;
  });
}

export function kill(secret: KeySecretRow, now: number): KeySecretRow {
  return { ...secret, state: "revoked", notAfter: null, revokedAt: now };
}

export function refuseBuiltIn(key: KeyRow): void {
  if (!key.builtIn) return;
  throw new GatewayError(
    "conflict",
    `The key '${key.name}' is built in: it stands for requests without a key and has no secret. Set API_KEY_ENABLED=true to be rid of it.`,
    {
      zh: `密钥“${key.name}”是内置的：它代表不带密钥的请求，没有密钥串。设置 API_KEY_ENABLED=true 可去掉它。`,
      param: "key",
    },
  );
}

function retire(secret: KeySecretRow, notAfter: number): KeySecretRow {
  return { ...secret, state: "retiring", notAfter };
}

function stillOverlapping(key: KeyRow, retiring: KeySecretRow): GatewayError {
  const ends = moment(retiring.notAfter ?? 0);
  return new GatewayError(
    "conflict",
    `The key '${key.name}' is being rotated: its old secret ${retiring.hint} lives until ${ends}. To rotate again, first end that overlap: POST /admin/api/keys/${key.id}/end-overlap, or zgate keys end-overlap ${key.id}.`,
    {
      zh: `密钥“${key.name}”正在轮换：旧密钥串 ${retiring.hint} 有效至 ${ends}。要再次轮换，请先停用旧的。`,
      param: "key",
    },
  );
}

function notOverlapping(key: KeyRow): GatewayError {
  return new GatewayError("conflict", `The key '${key.name}' has one secret only: no rotation is under way.`, {
    zh: `密钥“${key.name}”只有一个密钥串，没有正在进行的轮换。`,
    param: "key",
  });
}
