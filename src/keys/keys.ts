import { eq } from "drizzle-orm";
import type { Clock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { type KeySecretRow, keySecrets } from "../../drizzle/key-secrets.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import { createKey, createOpenKey, type Issued, openName } from "./create.ts";
import { editKey, revokeKey, switchKey } from "./edit.ts";
import { shownToken, tokenIfShown } from "./extract.ts";
import { createGuessGuard } from "./guessing.ts";
import type { KeyRows } from "./load.ts";
import { strangerOf } from "./networks.ts";
import { createRing, secretsOf } from "./ring.ts";
import { findKey, keyNamed, type Room } from "./room.ts";
import { endOverlap, type Rotated, rotateKey, undoRotation } from "./rotate.ts";
import { build, createQueue, type Who } from "./statements.ts";
import { refuseOutsider, refuseWebPage, type Verified, verifyToken } from "./verify.ts";
import { type KeyState, type KeyView, keyView } from "./view.ts";

export type { Verified } from "./verify.ts";

/** The keys room: what clients show us, and everything that may happen to it. */
export interface Keys {
  /**
   * Who sends this request. From memory, a few microseconds, no disk. Throws GatewayError: 401 `missing_key`,
   * `wrong_scheme`, `conflicting_keys`, `unknown_key`, `revoked_key`, `expired_key`, `disabled_key`; 403
   * `address_not_allowed`; 429 `too_many_requests` for an address that guesses.
   */
  verify(headers: Headers, address: string): Verified;
  list(): KeyView[];
  view(idOrName: number | string): KeyView;
  create(body: unknown, who: Who, idempotencyKey?: string | null): Promise<Issued>;
  edit(idOrName: number | string, body: unknown, who: Who): Promise<KeyRow>;
  disable(idOrName: number | string, who: Who): Promise<KeyRow>;
  enable(idOrName: number | string, who: Who): Promise<KeyRow>;
  rotate(idOrName: number | string, body: unknown, who: Who, idempotencyKey?: string | null): Promise<Rotated>;
  endOverlap(idOrName: number | string, who: Who): Promise<KeyRow>;
  undoRotation(idOrName: number | string, who: Who): Promise<KeyRow>;
  revoke(idOrName: number | string, who: Who): Promise<KeyRow>;
  /** For the metrics: keys that their owner should look at. */
  gauges(): KeyGauges;
  /** Lets requests without a key in, under the built-in key `open`; of web pages those of `origins` only. */
  open(origins: readonly string[]): Promise<KeyRow>;
  /** Writes down when secrets were last used. To be called every minute and before the writer closes. */
  saveUses(): Promise<void>;
  /** For the rooms beside this one. */
  room: Room;
}

export interface KeyGauges {
  /** Keys in each state. */
  keys: Record<KeyState, number>;
  /** Names of keys whose secret is older than their owner wants. */
  rotationDue: string[];
  /** Uses of each key's retiring secret since the start: while they grow, somebody has not moved on. */
  retiringUses: { name: string; uses: number }[];
}

export function createKeys(parts: {
  writer: Writer;
  clock: Clock;
  subkey: Uint8Array;
  prefix: string;
  rows: KeyRows;
  /** Whether bodies may be kept, of any key. */
  mayCapture?: boolean;
}): Keys {
  const { writer, clock, subkey, prefix, rows, mayCapture = true } = parts;
  const ring = createRing(rows.keys, rows.secrets);
  const room: Room = { ring, writer, clock, subkey, prefix, mayCapture, serially: createQueue() };
  const guard = createGuessGuard();
  const used = new Set<number>();
  const retiringUses = new Map<number, number>();
  let openId: number | null = null;
  let openOrigins: readonly string[] = [];

  function verify(headers: Headers, address: string): Verified {
    const now = clock.now();
    const token = openId === null ? shownToken(headers) : tokenIfShown(headers);
    const { key, secret } = identify(token, address, now);
    refuseOutsider(key, address, now);
    if (secret) markUsed(secret, now);
    else refuseWebPage(headers, openOrigins);
    return {
      keyId: key.id,
      secretId: secret?.id ?? 0,
      name: key.name,
      retiringUntil: secret?.state === "retiring" ? secret.notAfter : null,
      key,
    };
  }

  function identify(token: string | null, address: string, now: number): ReturnType<typeof verifyToken> {
    const openKey = openId === null ? null : (ring.keys.get(openId) ?? null);
    return guard(strangerOf(address), now, () => verifyToken(ring, subkey, token, openKey, now));
  }

  function markUsed(secret: KeySecretRow, now: number): void {
    secret.firstUsedAt ??= now;
    secret.lastUsedAt = now;
    used.add(secret.id);
    if (secret.state === "retiring") retiringUses.set(secret.keyId, (retiringUses.get(secret.keyId) ?? 0) + 1);
  }

  function view(key: KeyRow): KeyView {
    return keyView(key, secretsOf(ring, key.id), clock.now());
  }

  return {
    room,
    verify,
    list: () => [...ring.keys.values()].map(view),
    view: (idOrName) => view(findKey(ring, idOrName)),
    gauges() {
      const views = [...ring.keys.values()].map(view);
      const count = (state: KeyState) => views.filter((key) => key.state === state).length;
      return {
        keys: {
          active: count("active"),
          disabled: count("disabled"),
          expired: count("expired"),
          revoked: count("revoked"),
        },
        rotationDue: views.filter((key) => key.rotation_due).map(({ name }) => name),
        retiringUses: [...retiringUses].map(([id, uses]) => ({ name: findKey(ring, id).name, uses })),
      };
    },
    create: (body, who, idempotencyKey) => createKey(room, body, who, idempotencyKey),
    edit: (idOrName, body, who) => editKey(room, idOrName, body, who),
    disable: (idOrName, who) => switchKey(room, idOrName, false, who),
    enable: (idOrName, who) => switchKey(room, idOrName, true, who),
    rotate: (idOrName, body, who, idempotencyKey) => rotateKey(room, idOrName, body, who, idempotencyKey),
    endOverlap: (idOrName, who) => endOverlap(room, idOrName, who),
    undoRotation: (idOrName, who) => undoRotation(room, idOrName, who),
    revoke: (idOrName, who) => revokeKey(room, idOrName, who),
    open: (origins) =>
      room.serially(async () => {
        const key = keyNamed(ring, openName) ?? (await createOpenKey(room));
        openId = key.id;
        openOrigins = origins;
        return key;
      }),
    async saveUses() {
      const secrets = [...used].map((id) => ring.secrets.get(id)!);
      used.clear();
      if (secrets.length === 0) return;
      await writer.write(secrets.map(useStatement));
    },
  };
}

function useStatement(secret: KeySecretRow) {
  const { firstUsedAt, lastUsedAt } = secret;
  return build.update(keySecrets).set({ firstUsedAt, lastUsedAt }).where(eq(keySecrets.id, secret.id)).toSQL();
}
