import { describe, expect, test } from "bun:test";
import { isBestAsBytes, readJson, type Written, writeJson } from "~/wire/json.ts";

const picture = "iVBORw0KGgo=".repeat(5_000);
const marks = ["\0", "\x000", "\0one", "\\u00000", '\\"\0'];

const inText = (written: Written) =>
  [written]
    .flat()
    .map((piece) => Buffer.from(piece as string).toString())
    .join("");

const bodies: Record<string, unknown> = {
  "a picture and Chinese words": {
    question: "今天的潮水 🌊",
    url: `data:image/png;base64,${picture}`,
    more: [picture, "é"],
  },
  "long strings with escapes": ["潮", `${picture}"`, `\\${picture}\\`, `${picture}\n`, `\\\\"${picture}`],
  "long names": { [picture]: "潮", [`${picture}2`]: picture },
  "what looks like a mark": { 潮: marks, "\x000": picture, "\0": [picture, ...marks] },
  "a history": {
    messages: Array.from({ length: 50 }, (_, i) => ({
      role: "user",
      content: [{ text: `潮 ${i} "[{]}\\` }, { n: [[i]] }],
    })),
    tools: [[{ a: 1 }], {}, "b", { c: [] }, 7, null, picture, { picture }],
    metadata: { inside: [{ d: "é" }], list: [] },
  },
  "a mark behind a quote of a string": { messages: [{ role: "user", content: ['x"\u00000', 'x"\u00007', picture] }] },
  "a list at the top": [{ a: [{ b: "潮" }] }, [{ c: 1 }], [[{ d: picture }]]],
  "nothing long": { 潮: [1, null, true, { a: [] }], empty: "" },
  "a bare string": `${picture}潮`,
};

describe("a large JSON text", () => {
  for (const [name, value] of Object.entries(bodies)) {
    test(`is read as any other: ${name}`, () => {
      for (const json of [JSON.stringify(value), JSON.stringify(value, null, "\t")]) {
        expect(readJson(Buffer.from(json))).toEqual(value);
      }
    });

    test(`is written as any other: ${name}`, () => {
      expect(JSON.parse(inText(writeJson({ value, left: undefined }, true)))).toEqual({ value });
    });
  }

  test("is refused where it is none", () => {
    for (const json of [
      `{"a":"${picture}`,
      `{"a":"${picture}",}`,
      `["${picture}\n","潮"]`,
      `["\0","${picture}"]`,
      '{"a":[{"b":1}{"c":2}]}',
      '{"a":[{"b":1}:2]}',
      '{"a":[{"b":1},]}',
      '{"a":[{"b":[}]}]}',
      '{"a":[{"b":1]}]}',
      '{"a":[{"b":1}]}]',
      '{"a":[{"b":"\n"}]}',
      "",
    ]) {
      expect(() => readJson(Buffer.from(json))).toThrow(SyntaxError);
    }
  });

  test("is kept as bytes only where a text would be larger", () => {
    const isBest = (value: object) => isBestAsBytes(Buffer.from(JSON.stringify(value)));
    const large = picture.repeat(20);
    expect(isBest([large])).toBe(false);
    expect(isBest([large, "潮"])).toBe(true);
    expect(isBest([picture, "潮"])).toBe(false);
  });
});
