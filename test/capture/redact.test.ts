import { describe, expect, test } from "bun:test";
import { redact } from "~/capture/redact.ts";
import { shorten } from "~/capture/shorten.ts";
import { readStream, redactSaid } from "~/capture/strands.ts";
import { makeToken } from "~/keys/secret.ts";

const options = { secrets: ["known-secret-of-mine", "ollama"], shortensData: true };
const clean = (text: string) => redact(text, options);
const hex = (length: number) => "0123456789abcdef".repeat(4).slice(0, length);

describe("what looks like a secret is taken out", () => {
  test.each([
    ["a string that is known", "it is known-secret-of-mine.", "it is [redacted]."],
    ["most of a string that is known", "it is known-secret-of…", "it is [redacted]…"],
    ["a key of zgate's own", `use ${makeToken("sk-zg").token} now`, "use [redacted] now"],
    ["a key with another prefix", `use ${makeToken("acme").token} now`, "use [redacted] now"],
    ["sk-", `key sk-${hex(20)}!`, "key [redacted]!"],
    ["sk- of a project", `sk-proj-${hex(20)}_${hex(8)}`, "[redacted]"],
    ["Z.ai's", `zai ${hex(32)}.${hex(16)} ok`, "zai [redacted] ok"],
    ["a web token", `eyJ${hex(20)}.eyJ${hex(24)}.${hex(30)} ok`, "[redacted] ok"],
    ["a header", `Authorization: Bearer ${hex(20)}\r\nAccept: */*`, "Authorization: Bearer [redacted]\r\nAccept: */*"],
    ["a header without its name", `send bearer ${hex(24)} along`, "send bearer [redacted] along"],
    ["a sign-in", "Basic dXNlcjpwYXNzd29yZDE=", "Basic [redacted]"],
    ["a field", '{"api_key":"hunter22","n":1}', '{"api_key":"[redacted]","n":1}'],
    ["a field in a string", '{"a":"{\\"password\\": \\"hunter22\\"}"}', '{"a":"{\\"password\\": \\"[redacted]\\"}"}'],
    ["a line of a shell", "export OPENAI_API_KEY=hunter2222 && run", "export OPENAI_API_KEY=[redacted] && run"],
    ["an address", "postgres://ada:hunter2@db.example/x", "postgres://[redacted]@db.example/x"],
    [
      "a private key",
      `"-----BEGIN PRIVATE KEY-----\\n${hex(40)}\\n-----END PRIVATE KEY-----"`,
      '"-----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY-----"',
    ],
    [
      "a picture's inside",
      `data:image/png;base64,${"A".repeat(132)}"`,
      `data:image/png;base64,${"A".repeat(32)}…[100 characters]"`,
    ],
  ])("%s", (_name, text, wanted) => {
    expect(clean(text)).toBe(wanted);
  });
});

test.each([
  "The bearer of this letter is a friend. Basic understanding of passwords: none.",
  '{"model":"ollama/glm","max_tokens":1000,"properties":{"password":{"type":"string"}}}',
  "task-force, risk-assessment and desk-lamps; sk-short",
  "Today is 2026-11-28T03:46:27.123Z, id req_1f2e3d4c5b",
])("words stay words: %p", (text) => {
  expect(clean(text)).toBe(text);
});

test("a secret that a stream tells piece by piece is taken out of its pieces, and the words around it stay", () => {
  const secret = `sk-${hex(24)}`;
  const pieces = ["Your key ", "is sk", "-", ...secret.slice(3).match(/.{1,5}/g)!, ". Keep", " it."];
  const event = (content: string) => `data: {"id":"x","choices":[{"index":0,"delta":{"content":"${content}"}}]}`;
  const text = `${pieces.map(event).join("\n\n")}\n\ndata: [DONE]\n\n`;
  const told = redactSaid(text, options);
  expect(readStream(told)!.strands.map((strand) => strand.text)).toEqual(["Your key is [redacted]. Keep it."]);
  expect(told).not.toContain(secret.slice(3, 8));
  expect(told.split("\n").filter((line) => line.startsWith("data: "))).toHaveLength(pieces.length + 1);
  expect(told).toContain(event("Your key "));
  expect(told).toEndWith(`${event(" it.")}\n\ndata: [DONE]\n\n`);
});

test("strands of an answer are kept apart: thinking, words, and each call's arguments", () => {
  const events = [
    { choices: [{ index: 0, delta: { reasoning_content: "hm" } }] },
    { choices: [{ index: 0, delta: { content: "a" } }] },
    { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] } }] },
    { choices: [{ index: 0, delta: { tool_calls: [{ index: 1, function: { arguments: "{}" } }] } }] },
    { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }] },
    { choices: [{ index: 0, delta: { content: "b" } }] },
  ];
  const { strands } = readStream(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""))!;
  expect(strands.map(({ name, text }) => [name, text])).toEqual([
    ["reasoning_content", "hm"],
    ["content", "ab"],
    ["arguments", '{"x":1}'],
    ["arguments", "{}"],
  ]);
});

test("a body keeps its words where base64 is left out, and stays JSON", () => {
  const data = "iVBORw0KGgo".repeat(5_000);
  const body = {
    a: 'say \\"hi\\" "',
    pictures: [{ source: { data } }, { url: `data:image/png;base64,${data}` }],
    b: "end",
  };
  const pieces = shorten(Buffer.from(JSON.stringify(body)), 100_000);
  const told = JSON.parse(Buffer.concat(pieces).toString());
  expect(told.a).toBe(body.a);
  expect(told.b).toBe("end");
  expect(told.pictures[0].source.data).toMatch(/^iVBOR\w+…\[\d+ characters\]$/);
  expect(told.pictures[1].url).toStartWith("data:image/png;base64,iVBOR");
});
