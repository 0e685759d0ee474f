import type { Text } from "~/config/text.ts";
import { StartError } from "~/errors.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
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
  lines: Text[];
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
  if (reason) {
    throw new StartError(`DEFAULT_KEY ${reason.en}. This makes a good one: ${makesAGoodOne}`, {
      zh: `DEFAULT_KEY ${reason.zh}。可用此命令生成：${makesAGoodOne}`,
    });
  }

  const known = findSecret(room.ring, room.subkey, configured);
  if (known) return { lines: [knownValue(room, known)], made: null };
  if (key) {
    await replaceSecrets(room, key, configured, theEnvironment);
    return { lines: [texts.changed], made: null };
  }
  await createKey(room, { name: defaultName, secret: configured }, theEnvironment);
  return { lines: [texts.isDefault], made: null };
}

async function withoutValue(room: Room, isThere: boolean): Promise<DefaultKey> {
  if (isThere) return { lines: [texts.stays], made: null };
  // Whoever revoked the default key, or never wanted one, does not get another.
  if (room.ring.secrets.size > 0) return { lines: [], made: null };
  const { token } = await createKey(room, { name: defaultName }, theEnvironment);
  return { lines: [texts.made], made: token };
}

/** The string in `DEFAULT_KEY` is or was a secret already: nothing changes, and the start says what that means. */
function knownValue(room: Room, secret: KeySecretRow): Text {
  const key = findKey(room.ring, secret.keyId);
  const { name } = key;
  if (key.revokedAt !== null || !isLive(secret, room.clock.now())) return texts.dead(name, secret.hint);
  if (secret.state === "retiring") return texts.retiring(name, moment(secret.notAfter ?? 0));
  return name === defaultName ? texts.isDefault : texts.isOther(name);
}

const texts = {
  isDefault: { en: "DEFAULT_KEY is the key 'default'.", zh: "DEFAULT_KEY 即密钥 default。" },
  made: { en: "DEFAULT_KEY is not set: the key 'default' was made.", zh: "未设置 DEFAULT_KEY：已生成密钥 default。" },
  stays: {
    en: "DEFAULT_KEY is not set: the key 'default' stays as it is.",
    zh: "未设置 DEFAULT_KEY：密钥 default 保持不变。",
  },
  changed: {
    en: "DEFAULT_KEY has changed: the key 'default' has the new secret, and the old one is refused from now on.",
    zh: "DEFAULT_KEY 已更改：密钥 default 改用新值，旧值即刻失效。",
  },
  isOther: (name: string): Text => ({
    en: `DEFAULT_KEY is a secret of the key '${name}', and is that key.`,
    zh: `DEFAULT_KEY 是密钥 ${name} 的值，即视为该密钥。`,
  }),
  retiring: (name: string, ends: string): Text => ({
    en: `WARNING: the string in DEFAULT_KEY is the old secret of the key '${name}' and dies at ${ends}. Remove the line, or set a new value: ${makesAGoodOne}`,
    zh: `警告：DEFAULT_KEY 是密钥 ${name} 的旧值，将于 ${ends} 失效。请删除该行，或设置新值：${makesAGoodOne}`,
  }),
  dead: (name: string, hint: string): Text => ({
    en: `WARNING: the string in DEFAULT_KEY was revoked or rotated out (key '${name}', ${hint}) and stays dead. Remove the line, or set a new value: ${makesAGoodOne}`,
    zh: `警告：DEFAULT_KEY 的值已被吊销或轮换（密钥 ${name}，${hint}），不会恢复。请删除该行，或设置新值：${makesAGoodOne}`,
  }),
};
