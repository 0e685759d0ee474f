import { expect, test } from "bun:test";
import { createWildcard } from "~/chat/wildcard.ts";

test("a star is any run of characters, none as well, and case does not matter", () => {
  const cases: [pattern: string, name: string, fits: boolean][] = [
    ["glm-4.7", "GLM-4.7", true],
    ["glm-4.7", "glm-4x7", false],
    ["glm-4.*", "glm-4.7-flash", true],
    ["glm-4.*", "glm-4.", true],
    ["glm-4.*", "glm-5", false],
    ["*flash", "glm-4.7-flash", true],
    ["*flash", "glm-4.7-flashx", false],
    ["*", "", true],
    ["**", "anything", true],
    ["*4*7*", "glm-4.7", true],
    ["*7*4*", "glm-4.7", false],
    ["ab*ba", "aba", false],
    ["ab*ba", "abba", true],
    ["a*b*b", "ab", false],
    ["a*bc*bc", "abcbc", true],
    ["a*bc*bc", "abc", false],
  ];
  for (const [pattern, name, fits] of cases)
    expect([pattern, name, createWildcard(pattern)(name)]).toEqual([pattern, name, fits]);
});

test("a long name that almost fits many stars is told apart before anybody grows old", () => {
  expect(createWildcard("glm-*-*-*-*-x")(`glm-${"-".repeat(200_000)}\n`)).toBe(false);
  expect(createWildcard(`${"*a".repeat(50)}*b`)("a".repeat(200_000))).toBe(false);
});
