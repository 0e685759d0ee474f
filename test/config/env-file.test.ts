import { describe, expect, test } from "bun:test";
import { parseEnvFile, unquote } from "~/config/env-file.ts";
import { readAsDocker, readAsSystemd } from "./other-readers.ts";

describe("a .env file", () => {
  test("keeps dollar signs and hash signs inside a value", () => {
    expect(valueIn("ADMIN_PASSWORD=pa$$w#rd$HOME")).toBe("pa$$w#rd$HOME");
  });

  test("takes comments on lines of their own, blank lines, and any line ends", () => {
    const file = parseEnvFile("# first\r\n\r\nPORT=8080\r\n  # indented\n\tHOST=::1");
    expect(file.problems).toEqual([]);
    expect([...file.values]).toEqual([
      ["PORT", "8080"],
      ["HOST", "::1"],
    ]);
  });

  test("understands a whole value in quotes, as systemd does", () => {
    expect(valueIn("A='two words # and $more\\'")).toBe("two words # and $more\\");
    expect(valueIn('A="two words"')).toBe("two words");
    expect(valueIn('A=""')).toBe("");
  });

  const refused: [string, string, string][] = [
    ["the word export", "export PORT=1", "export"],
    ["a comment behind a value", "PORT=1 # mine", "line of its own"],
    ["a comment where the value should be", "ZAI_TOKEN= # your token", "line of its own"],
    ["space before the equals sign", "PORT =1", "NAME=value"],
    ["a name without a value", "PORT", "NAME=value"],
    ["a value without a name", "=1", "NAME=value"],
    ["systemd's second comment sign", "; PORT=1", "NAME=value"],
    ["a backslash without quotes", "DATA_DIR=C:\\zgate", "single quotes"],
    ["an open quote", "A='b", "quote"],
    ["text behind a quote", "A='b'c", "quote"],
    ["an escape within double quotes", 'A="b\\"c"', "quote"],
    ["two pairs of quotes", `A='"b"'`, "quote"],
    ["a comment that swallows the next line", "# tail \\", "backslash"],
    ["one name with two values", "PORT=1\nPORT=2", "second time"],
    ["bytes that are not UTF-8", "A=b\uFFFDc", "not text"],
    ["a byte order mark before a setting", "\uFEFFPORT=1", "byte order mark"],
  ];
  test.each(refused)("refuses %s, and says which line and what to write", (_, text, explanation) => {
    const [problem] = parseEnvFile(text).problems;
    expect(problem?.en).toStartWith(`.env line ${text.split("\n").length}: `);
    expect(problem?.en).toContain(explanation);
    expect(problem?.zh).toContain(`第 ${text.split("\n").length} 行`);
  });

  test("never repeats a value in an explanation", () => {
    const secret = `z${"q".repeat(20)}`;
    for (const [, line] of refused) {
      const problems = parseEnvFile(line.replaceAll(/[bc]/g, secret)).problems;
      expect(JSON.stringify(problems)).not.toContain(secret);
    }
  });

  test("means the same to systemd and to Docker, whatever was written in it and accepted", () => {
    const random = lottery(42);
    let accepted = 0;
    for (let round = 0; round < 20_000; round++) {
      const text = randomFile(random);
      const { values, problems } = parseEnvFile(text);
      if (problems.length > 0) continue;
      accepted++;
      expect({ text, values: seen(values) }).toEqual({ text, values: seen(readAsSystemd(text)) });
      expect({ text, values: seen(values) }).toEqual({ text, values: seen(readAsDocker(text)) });
    }
    expect(accepted).toBeGreaterThan(1_000);
  });
});

function valueIn(line: string): string | null {
  const { values, problems } = parseEnvFile(line);
  expect(problems).toEqual([]);
  return unquote([...values.values()][0] ?? "");
}

/** What zgate makes of an environment; an empty value is none. */
function seen(env: Map<string, string> | null): unknown {
  if (env === null) return "refused";
  return [...env].map(([name, value]) => [name, unquote(value)]).filter(([, value]) => value !== "");
}

const pieces = [
  "a",
  "b1",
  " ",
  "  ",
  "'",
  '"',
  "\\",
  "#",
  " #",
  "=",
  "\t",
  ";",
  "$X",
  "\n",
  "\nA=",
  "\nB='",
  "\r\n",
  "\u00A0",
];

function randomFile(random: () => number): string {
  const count = 1 + Math.floor(random() * 8);
  return `A=${Array.from({ length: count }, () => pieces[Math.floor(random() * pieces.length)]).join("")}`;
}

/** Mulberry32: the same numbers at every run. */
function lottery(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
