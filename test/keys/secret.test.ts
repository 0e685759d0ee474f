import { expect, test } from "bun:test";
import { hintOf, makeToken, parseToken, tokenPattern } from "~/keys/secret.ts";

test("a token has the published form and finds its own public id", () => {
  const { token, publicId } = makeToken("sk-zg");
  expect(token).toMatch(/^sk-zg_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$/);
  expect(token).toMatch(tokenPattern);
  expect(parseToken(token)).toEqual({ publicId });
});

test("every single typo is caught by the checksum", () => {
  const { token } = makeToken("sk-zg");
  for (let at = 6; at < token.length; at++) {
    if (token[at] === "_") continue;
    const typo = token.slice(0, at) + (token[at] === "a" ? "b" : "a") + token.slice(at + 1);
    expect(parseToken(typo)).toBe("typo");
  }
});

test("other strings are not taken for tokens", () => {
  for (const text of ["", "sk-zg_", "sk-something-else-entirely", `${makeToken("sk-zg").token}x`, "a_b_c"]) {
    expect(parseToken(text)).toBeNull();
  }
});

test("random digits come evenly, whatever the bytes are", () => {
  const { token } = makeToken("sk-zg", (length) => new Uint8Array(length).map((_, at) => (at % 2 ? 255 : at)));
  expect(parseToken(token)).not.toBeNull();
});

test("a hint shows the public part and four characters", () => {
  const { token, publicId } = makeToken("sk-zg");
  expect(hintOf(token)).toBe(`sk-zg_${publicId}_…${token.slice(-4)}`);
  expect(hintOf("an-imported-string-of-mine")).toBe("…mine");
});
