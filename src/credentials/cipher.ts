import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/**
 * Seals a credential with AES-256-GCM: `version (1 byte) · nonce (12) · text · tag (16)`. `context` says what it is for
 * and is checked at the opening, so that a sealed text which somebody copies into another row does not open there.
 */
export function seal(text: string, subkey: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", subkey, nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, sealed, cipher.getAuthTag()]);
}

/** The text; null where it was sealed under another secret or for something else, or was changed since. */
export function unseal(sealed: Uint8Array, subkey: Uint8Array, context: string): string | null {
  const bytes = Buffer.from(sealed);
  if (bytes[0] !== version || bytes.length < 1 + nonceBytes + tagBytes) return null;
  const decipher = createDecipheriv("aes-256-gcm", subkey, bytes.subarray(1, 1 + nonceBytes));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const text = decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
