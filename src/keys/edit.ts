import { GatewayError } from "~/errors.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { refuseCapture, refuseTakenName } from "./create.ts";
import { readKeyChange } from "./input.ts";
import { secretsOf } from "./ring.ts";
import { commit, findKey, findLivingKey, livingSecrets, type Room } from "./room.ts";
import { kill, refuseBuiltIn } from "./rotate.ts";
import type { Who } from "./statements.ts";
import { keyView } from "./view.ts";

/** Renames, limits, expires: whatever fields `body` names. */
export async function editKey(room: Room, idOrName: number | string, body: unknown, who: Who): Promise<KeyRow> {
  const change = readKeyChange(body, room.clock.now());
  return room.serially(async () => {
    const key = findLivingKey(room.ring, idOrName);
    if (key.builtIn && (change.name !== undefined || change.rights !== undefined)) {
      throw new GatewayError("conflict", `The key '${key.name}' is built in: its name and rights are fixed.`, {
        zh: `密钥“${key.name}”是内置的：名称和权限不可更改。`,
        param: "key",
      });
    }
    if (change.name !== undefined && change.name !== key.name) refuseTakenName(room, change.name, key.id);
    refuseCapture(room, change);
    const after = { ...key, ...change };
    return put(room, key, after, "key.edit", who, shortened(room, after));
  });
}

/** Switches a key off, or on again; its secrets stay what they are. */
export function switchKey(room: Room, idOrName: number | string, isOn: boolean, who: Who): Promise<KeyRow> {
  return room.serially(async () => {
    const key = findLivingKey(room.ring, idOrName);
    if ((key.disabledAt === null) === isOn) return key;
    const disabledAt = isOn ? null : room.clock.now();
    return put(room, key, { ...key, disabledAt }, isOn ? "key.enable" : "key.disable", who);
  });
}

/** Ends a key and all its secrets, for good. Asked twice, it is revoked once. */
export function revokeKey(room: Room, idOrName: number | string, who: Who): Promise<KeyRow> {
  return room.serially(async () => {
    const now = room.clock.now();
    const key = findKey(room.ring, idOrName);
    if (key.revokedAt !== null) return key;
    refuseBuiltIn(key);
    const revoked: KeyRow = { ...key, revokedAt: now };
    const secrets = secretsOf(room.ring, key.id).filter((secret) => secret.state !== "revoked");
    await commit(room, who, now, {
      keys: [revoked],
      secrets: secrets.map((secret) => kill(secret, now)),
      action: "key.revoke",
      subject: `key ${key.id}`,
      before: { name: key.name, secrets: secrets.map((secret) => secret.hint) },
    });
    return revoked;
  });
}

/** An old secret that would outlive its key ends with it. */
function shortened(room: Room, key: KeyRow): KeySecretRow[] {
  const { retiring } = livingSecrets(room, key, room.clock.now());
  const { expiresAt } = key;
  if (!retiring || expiresAt === null || (retiring.notAfter ?? 0) <= expiresAt) return [];
  return [{ ...retiring, notAfter: expiresAt }];
}

async function put(
  room: Room,
  before: KeyRow,
  after: KeyRow,
  action: string,
  who: Who,
  secrets: KeySecretRow[] = [],
): Promise<KeyRow> {
  const now = room.clock.now();
  await commit(room, who, now, {
    keys: [after],
    secrets,
    action,
    subject: `key ${after.id}`,
    ...difference(before, after, now),
  });
  return after;
}

/** What changed, in the words that the owner reads. */
function difference(
  before: KeyRow,
  after: KeyRow,
  now: number,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const was = flat(before, now);
  const is = flat(after, now);
  const changed = Object.keys(is).filter((field) => JSON.stringify(was[field]) !== JSON.stringify(is[field]));
  return {
    before: Object.fromEntries(changed.map((field) => [field, was[field]])),
    after: Object.fromEntries(changed.map((field) => [field, is[field]])),
  };
}

function flat(key: KeyRow, now: number): Record<string, unknown> {
  const { limits, ...rest } = keyView(key, [], now);
  return { ...rest, ...limits };
}
