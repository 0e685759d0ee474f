import { StartError } from "~/errors.ts";
import { createKey } from "./create.ts";
import { makesAGoodOne, whyNoKey } from "./import.ts";
import type { Keys } from "./keys.ts";
import { findSecret, isLive } from "./ring.ts";
import { findKey, keyNamed, type Room } from "./room.ts";
import { replaceSecrets } from "./rotate.ts";
import { theEnvironment } from "./statements.ts";
import { moment } from "./view.ts";

/** The key that the environment owns. */
export const defaultName = "default";

export interface DefaultKey {
  /** What the start says about it; no secret in it. */
  lines: string[];
  /** The token of a key that was made just now: to be shown once. */
  made: string | null;
}

/**
 * Brings the key `default` to what `DEFAULT_KEY` says. A new value replaces the old secret at once; a value that is
 * gone changes nothing; a value that was revoked or rotated out stays dead.
 */
export async function settleDefaultKey({ room }: Keys, configured: string | null): Promise<DefaultKey> {
  const key = keyNamed(room.ring, defaultName);
  if (configured === null) return withoutValue(room, key !== null);

  const reason = whyNoKey(configured);
  if (reason) throw new StartError(`DEFAULT_KEY ${reason}. This makes a good one: ${makesAGoodOne}`);

  const known = findSecret(room.ring, room.subkey, configured);
  if (known) return { lines: knownValue(room, known.id), made: null };
  if (key) {
    await replaceSecrets(room, key, configured, theEnvironment);
    return {
      lines: ["DEFAULT_KEY has changed: the key 'default' has the new secret, and the old one is refused from now on."],
      made: null,
    };
  }
  await createKey(room, { name: defaultName, secret: configured }, theEnvironment);
  return { lines: ["DEFAULT_KEY is the key 'default'."], made: null };
}

async function withoutValue(room: Room, isThere: boolean): Promise<DefaultKey> {
  if (isThere) {
    return { lines: ["DEFAULT_KEY is not set: the key 'default' stays as it is."], made: null };
  }
  // Whoever revoked the default key, or never wanted one, does not get another.
  if (room.ring.secrets.size > 0) return { lines: [], made: null };
  const { token } = await createKey(room, { name: defaultName }, theEnvironment);
  return { lines: ["DEFAULT_KEY is not set: the key 'default' was made."], made: token };
}

/** The string in `DEFAULT_KEY` is or was a secret already: nothing changes, and the start says what that means. */
function knownValue(room: Room, secretId: number): string[] {
  const secret = room.ring.secrets.get(secretId)!;
  const key = findKey(room.ring, secret.keyId);
  if (key.revokedAt !== null || !isLive(secret, room.clock.now())) {
    return [
      `WARNING: the string in DEFAULT_KEY was revoked or rotated out (key '${key.name}', ${secret.hint}) and stays dead. Remove the line, or set a new value: ${makesAGoodOne}`,
    ];
  }
  if (secret.state === "retiring") {
    return [
      `WARNING: the string in DEFAULT_KEY is the old secret of the key '${key.name}' and dies at ${moment(secret.notAfter ?? 0)}. Remove the line, or set a new value: ${makesAGoodOne}`,
    ];
  }
  if (key.name !== defaultName) return [`DEFAULT_KEY is a secret of the key '${key.name}', and is that key.`];
  return ["DEFAULT_KEY is the key 'default'."];
}
