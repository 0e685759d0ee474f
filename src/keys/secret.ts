import { timingSafeEqual } from "node:crypto";

/**
 * What a client shows us: `<prefix>_<id>_<secret><crc>`, all but the prefix in base 62.
 * The id (10) is public and finds the entry; the secret (43, 256 bits) is what counts; the CRC-32 (6) of everything
 * before it throws out typos without a look-up, and lets a scanner tell a key from chance.
 * `_` and not `-`, so that a double click selects all of it.
 */
export const tokenPattern = /^[A-Za-z][A-Za-z0-9-]{0,31}_([0-9A-Za-z]{10})_[0-9A-Za-z]{49}$/;

/** Shorter strings can be guessed, so they are never taken as a key. */
export const shortestImport = 20;

export interface MadeToken {
  token: string;
  publicId: string;
}

export function makeToken(prefix: string, random: (length: number) => Uint8Array = randomBytes): MadeToken {
  const publicId = base62(10, random);
  const body = `${prefix}_${publicId}_${base62(43, random)}`;
  return { token: body + checksum(body), publicId };
}

/** The public id of a well-formed token; `"typo"` where only the checksum is wrong; null for any other string. */
export function parseToken(token: string): { publicId: string } | "typo" | null {
  const match = tokenPattern.exec(token);
  if (!match) return null;
  const end = token.length - 6;
  return checksum(token.slice(0, end)) === token.slice(end) ? { publicId: match[1]! } : "typo";
}

/** What the database keeps of a token: HMAC-SHA-256, 32 bytes. */
export function macOf(token: string, subkey: Uint8Array): Buffer {
  return new Bun.CryptoHasher("sha256", subkey).update(token).digest();
}

export function isSameMac(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What people recognise a key by; with its public id where it has one, its last four characters in every case. */
export function hintOf(token: string): string {
  const parsed = parseToken(token);
  const head = parsed && parsed !== "typo" ? token.slice(0, -49) : "";
  return `${head}…${token.slice(-4)}`;
}

function checksum(text: string): string {
  let rest = Bun.hash.crc32(text);
  let digits = "";
  for (let i = 0; i < 6; i++) {
    digits = alphabet[rest % 62]! + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

function base62(length: number, random: (length: number) => Uint8Array): string {
  let text = "";
  while (text.length < length) {
    for (const byte of random(length)) {
      // 248 is the largest multiple of 62 in a byte: above it some digits would come more often.
      if (byte < 248 && text.length < length) text += alphabet[byte % 62];
    }
  }
  return text;
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}
