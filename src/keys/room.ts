import type { Clock } from "~/clock.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import { type KeySecretRow, keySecrets } from "../../drizzle/key-secrets.ts";
import { type KeyRow, keys } from "../../drizzle/keys.ts";
import { isLive, putKey, putSecret, type Ring, secretsOf } from "./ring.ts";
import { audit, build, type Who } from "./statements.ts";

/** What every change of a key needs. */
export interface Room {
  ring: Ring;
  writer: Writer;
  clock: Clock;
  subkey: Uint8Array;
  /** In front of the tokens that zgate makes. */
  prefix: string;
  /** Whether bodies may be kept, of any key. */
  mayCapture: boolean;
  serially<T>(change: () => Promise<T>): Promise<T>;
}

export interface Change {
  keys?: KeyRow[];
  secrets?: KeySecretRow[];
  action: string;
  subject: string;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/**
 * One transaction with its audit row; memory follows when the commit is acknowledged, so whoever hears of the change
 * afterwards finds it in force.
 */
export async function commit(room: Room, who: Who, now: number, change: Change): Promise<void> {
  const rows = [...(change.keys ?? []).map(keyStatement), ...(change.secrets ?? []).map(secretStatement)];
  const { action, subject, before, after } = change;
  await room.writer.write([...rows, audit(who, now, { action, subject, before, after })]);
  for (const key of change.keys ?? []) putKey(room.ring, key);
  for (const secret of change.secrets ?? []) putSecret(room.ring, secret);
}

/** A key by its id, or by its name among the living. */
export function findKey(ring: Ring, idOrName: number | string): KeyRow {
  const key = typeof idOrName === "number" ? ring.keys.get(idOrName) : keyNamed(ring, idOrName);
  if (key) return key;
  const what = typeof idOrName === "number" ? `id ${idOrName}` : `the name '${idOrName.slice(0, 100)}'`;
  const zh = typeof idOrName === "number" ? `编号为 ${idOrName} ` : `名为“${idOrName.slice(0, 100)}”`;
  throw new GatewayError("not_found", `There is no key with ${what}.`, { zh: `没有${zh}的密钥。`, param: "key" });
}

/** A key that may still be changed. */
export function findLivingKey(ring: Ring, idOrName: number | string): KeyRow {
  const key = findKey(ring, idOrName);
  if (key.revokedAt === null) return key;
  throw new GatewayError("conflict", `The key '${key.name}' is revoked, and stays so.`, {
    zh: `密钥“${key.name}”已吊销，不可恢复。`,
    param: "key",
  });
}

export function keyNamed(ring: Ring, name: string): KeyRow | null {
  for (const key of ring.keys.values()) if (key.name === name && key.revokedAt === null) return key;
  return null;
}

export function livingSecrets(
  room: Room,
  key: KeyRow,
  now: number,
): { active: KeySecretRow | null; retiring: KeySecretRow | null } {
  const living = secretsOf(room.ring, key.id).filter((secret) => isLive(secret, now));
  return {
    active: living.find((secret) => secret.state === "active") ?? null,
    retiring: living.find((secret) => secret.state === "retiring") ?? null,
  };
}

export function nextId(ids: Iterable<number>): number {
  let last = 0;
  for (const id of ids) last = Math.max(last, id);
  return last + 1;
}

function keyStatement(key: KeyRow): Statement {
  return build.insert(keys).values(key).onConflictDoUpdate({ target: keys.id, set: key }).toSQL();
}

function secretStatement(secret: KeySecretRow): Statement {
  return build.insert(keySecrets).values(secret).onConflictDoUpdate({ target: keySecrets.id, set: secret }).toSQL();
}
