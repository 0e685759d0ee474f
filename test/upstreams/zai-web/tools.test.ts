import { expect, test } from "bun:test";
import type { ChatRequest } from "~/chat/chat.ts";
import { readToolWish } from "~/chat/tools.ts";
import { GatewayError } from "~/errors.ts";
import { zaiWeb } from "~/upstreams/zai-web/index.ts";
import { createCallSieve } from "~/upstreams/zai-web/written.ts";
import { batches, plainQuestion, see, tell, telling } from "./telling.ts";

const port = { type: "object", properties: { port: { type: "string" } } };
const tide = {
  type: "function",
  function: { name: "get_tide", description: "The height of the tide in a port", parameters: port },
};
const mail = { type: "function", name: "send_mail" };
const asked: ChatRequest = { ...plainQuestion, tools: [tide, mail] };

function sent(body: ChatRequest): { role: string; content: string }[] {
  return JSON.parse(`${zaiWeb.chat.ask(telling(body), 0).body}`).messages;
}

function refusalOf(body: ChatRequest): GatewayError {
  try {
    sent(body);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("It was not refused");
}

test("tells the functions first and reminds of them last", () => {
  const messages = sent(asked);
  expect(messages.map(({ role }) => role)).toEqual(["system", "user", "system"]);
  expect(messages[0]!.content).toContain(JSON.stringify(tide.function));
  expect(messages[0]!.content).toContain('{"name":"send_mail"}');
  expect(messages[0]!.content).toContain('```json\n{"tool_calls":[{"id":"call_1","type":"function"');
  expect(messages[2]!.content).not.toContain("\n");
  expect(zaiWeb.chat.ask(telling(asked), 0).body).not.toContain('"tools":');
});

test("puts the functions behind the client's own system message", () => {
  const messages = sent({ ...asked, messages: [{ role: "developer", content: "Be brief." }, ...asked.messages] });
  expect(messages.map(({ role }) => role)).toEqual(["system", "user", "system"]);
  expect(messages[0]!.content).toStartWith("Be brief.\n\n# Functions");
});

test("says nothing of functions that must not be called", () => {
  expect(sent({ ...asked, tool_choice: "none" })).toEqual(sent(plainQuestion));
});

test("says so when a call, or a call of one function, is demanded", () => {
  const required = sent({ ...asked, tool_choice: "required" });
  expect(required.at(-1)!.content).toContain("at least one of the functions");
  const named = sent({ ...asked, tool_choice: { type: "function", function: { name: "send_mail" } } });
  expect(named.at(-1)!.content).toContain("`send_mail`");
  expect(named[0]!.content).not.toContain("get_tide");
});

const wrongChoices: [choice: unknown, says: string][] = [
  ["maybe", "must be 'none'"],
  [{ type: "function" }, "must be 'none'"],
  [{ type: "function", function: { name: "get_moon" } }, "names 'get_moon'"],
  [{ type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } }, "allows no function"],
];
for (const [choice, says] of wrongChoices) {
  test(`refuses the choice ${JSON.stringify(choice)} in words`, () => {
    const refusal = refusalOf({ ...asked, tool_choice: choice });
    expect([refusal.kind, refusal.param]).toEqual(["invalid_request", "tool_choice"]);
    expect(refusal.message).toContain(says);
  });
}

test("refuses a demanded call where there is nothing to call", () => {
  expect(refusalOf({ ...plainQuestion, tool_choice: "required" }).message).toContain("offers no function");
  expect(sent({ ...plainQuestion, tools: [], tool_choice: "auto" })).toEqual(sent(plainQuestion));
});

test("refuses functions for the model that calls none", () => {
  const refusal = refusalOf({ ...asked, model: "glm-4.5v" });
  expect([refusal.kind, refusal.param]).toEqual(["invalid_request", "tools"]);
});

const wish = readToolWish(asked)!;
const sift = (...pieces: string[]) => {
  const sieve = createCallSieve(wish);
  const text = pieces.map(sieve.read).join("") + sieve.end();
  return { text, calls: sieve.calls };
};
const called = (json: string, name = "get_tide") => ({ name, arguments: json });

const written: [says: string, text: string, calls: object[], rest?: string][] = [
  ["a fence without a name", '```\n{"tool_calls":[{"name":"get_tide","arguments":"{}"}]}\n```', [called("{}")]],
  ["no fence", 'So: {"tool_calls":[{"function":{"name":"get_tide"}}]}', [called("{}")], "So:"],
  ["an unclosed fence", '```json\n{"tool_calls":[{"name":"get_tide","parameters":{"a":1}}]}', [called('{"a":1}')]],
  [
    "fences and braces inside the arguments",
    '```json\n{"tool_calls":[{"name":"send_mail","arguments":"{\\"text\\":\\"}]}```\\\\\\"{\\"}"}]}```',
    [called('{"text":"}]}```\\"{"}', "send_mail")],
  ],
  ["calls behind other fields", '{"content":null,"tool_calls":[{"name":"get_tide"}]}', [called("{}")]],
  [
    "several tags",
    "<invoke name='get_tide'><parameter name='port'>7</parameter></invoke>\n<invoke name=\"send_mail\"></invoke>",
    [called('{"port":"7"}'), called("{}", "send_mail")],
  ],
  ["an unclosed list of tags", '<tool_calls><invoke name="get_tide"></invoke>', [called("{}")]],
  [
    "GLM's own template",
    "<tool_call>get_tide\n<arg_key>port</arg_key>\n<arg_value>Brest</arg_value>\n<arg_key>day</arg_key>\n<arg_value>3</arg_value>\n</tool_call>",
    [called('{"port":"Brest","day":3}')],
  ],
  [
    "JSON in a tag",
    '<tool_call>\n{"name":"get_tide","arguments":{"port":"Kiel"}}\n</tool_call>',
    [called('{"port":"Kiel"}')],
  ],
  ["a tag that names it", '<tool_call name="get_tide">{"port":"Kiel"}</tool_call>', [called('{"port":"Kiel"}')]],
  ["a line", '好的。\n调用函数: get_tide({"port":"Brest"})', [called('{"port":"Brest"}')], "好的。"],
  ["a line without arguments", "调用函数：send_mail（）\n", [called("{}", "send_mail")]],
  ["words around", 'A\n\n{"tool_calls":[{"name":"get_tide"}]}\n\nB', [called("{}")], "A\n\n\n\nB"],
];
for (const [says, text, calls, rest = ""] of written) {
  test(`finds a call: ${says}`, () => {
    expect(sift(text)).toEqual({ text: rest, calls: calls as never });
    expect(sift(...text)).toEqual({ text: rest, calls: calls as never });
  });
}

const words = [
  '{"tool_calls":[{"name":"open_door","arguments":"{}"}]}',
  '{"tool_calls": "none"}',
  '{"tool_calls":[{"name":"get_tide"',
  '```json\n{"port":"Brest"}\n```\n\n',
  "``` `` ` { < <tool <tools> <tool_callx> </tool_call>",
  "Say 调用函数: get_tide({}) yourself",
  "调用函数: get_tide(port)",
  '调用函数: get_tide({"a":1}',
  "<tool_call>open_door</tool_call>",
  "if (a < b) { return `x`; }",
];
for (const text of words) {
  test(`takes for words: ${text.slice(0, 40)}`, () => {
    expect(sift(text)).toEqual({ text, calls: [] });
    expect(sift(...text)).toEqual({ text, calls: [] });
  });
}

test("holds back only what may still become a call", () => {
  const sieve = createCallSieve(wish);
  expect(sieve.read("Words `code` and <b>, a {brace")).toBe("Words `code` and <b>, a {brace");
  expect(sieve.read("} then ```py")).toBe("} then");
  expect(sieve.read("thon\nx = {}\n``")).toBe(" ```python\nx = {}");
  expect(sieve.read("`\ndone <")).toBe("\n```\ndone");
  expect(sieve.read("p>")).toBe(" <p>");
  expect(sieve.read('{"long": "')).toBe("");
  expect(sieve.read("x".repeat(5_000))).toHaveLength(5_010);
  expect(sieve.end()).toBe("");
});

test("loses and doubles no character of thousands of random texts, however they are cut", () => {
  const tricks = [
    ...'a {}[]<>`"\\\n:调',
    "```json\n",
    '{"tool_calls":[',
    '{"name":"get_tide"}',
    "]}",
    "```",
    "<tool_call>",
    "</tool_call>",
    "<invoke name=",
    "调用函数: get_tide(",
    "🌊",
  ];
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  for (let round = 0; round < 3_000; round++) {
    const pieces = Array.from({ length: random(25) }, () => tricks[random(tricks.length)]!);
    const text = pieces.join("");
    const whole = sift(text);
    expect(sift(...text)).toEqual(whole);
    expect(sift(...pieces)).toEqual(whole);
    if (whole.calls.length === 0) expect(whole.text).toBe(text);
  }
});

test("gives one call where the client wants no more at a time", async () => {
  const told = telling({ ...asked, parallel_tool_calls: false });
  const text = '{"tool_calls":[{"name":"get_tide"},{"name":"send_mail"}]}';
  const frames = [{ delta_content: text, phase: "answer" }, { done: true }];
  const data = frames.map((data) => JSON.stringify({ type: "chat:completion", data }));
  const seen = await see(tell(batches(data), told), told);
  expect(seen.deltas.flatMap(({ tool_calls }) => tool_calls ?? []).map((call) => call.function?.name)).toEqual([
    "get_tide",
  ]);
});
