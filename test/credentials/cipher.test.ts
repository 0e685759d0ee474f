import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { seal, unseal } from "~/credentials/cipher.ts";

const subkey = randomBytes(32);
const text = `a token ${crypto.randomUUID()} with 汉字`;

test("opens what it sealed, and never seals to the same bytes twice", () => {
  const sealed = seal(text, subkey, "credential 1");
  expect(unseal(sealed, subkey, "credential 1")).toBe(text);
  expect(sealed.equals(seal(text, subkey, "credential 1"))).toBe(false);
  expect(sealed.includes(text.slice(0, 12))).toBe(false);
});

test("does not open under another secret, for another row, or with any byte changed", () => {
  const sealed = seal(text, subkey, "credential 1");
  expect(unseal(sealed, randomBytes(32), "credential 1")).toBeNull();
  expect(unseal(sealed, subkey, "credential 2")).toBeNull();
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect(unseal(changed, subkey, "credential 1")).toBeNull();
  }
  expect(unseal(sealed.subarray(0, 20), subkey, "credential 1")).toBeNull();
  expect(unseal(Buffer.alloc(0), subkey, "credential 1")).toBeNull();
});
