import { describe, expect, test } from "bun:test";
import { createResponses } from "~/apis/openai-responses/index.ts";
import { createMemory } from "~/apis/openai-responses/memory.ts";
import { GatewayError } from "~/errors.ts";
import { holdClock } from "../../helpers/clock.ts";
import { pixel } from "../../helpers/world.ts";

const defaults = { model: "glm-4.7", stream: true, thinkMode: "think" as const };
const api = createResponses(createMemory(holdClock()));
const textOf = (body: object) => JSON.stringify(body);
const read = (more: object, keyId = 1) =>
  api.read(textOf({ model: "glm-4.7", input: "High water?", ...more }), new Headers(), defaults, keyId);
const call = { type: "function_call", id: "fc_1", call_id: "c1", name: "get_tide", arguments: '{"port":"Brest"}' };
const output = { type: "function_call_output", call_id: "c1", output: "4.2 metres" };

describe("a response asked for in the house language", () => {
  test("has its instructions first, and an assistant's turn as one message", () => {
    const input = [
      { role: "user", content: "High water?" },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "I need the gauge." }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Let me look." }] },
      call,
      { ...call, call_id: "c2" },
      {
        ...output,
        call_id: "c2",
        output: [
          { type: "input_text", text: "4.3" },
          { type: "input_image", image_url: pixel },
        ],
      },
      output,
    ];
    expect(read({ input, instructions: "Be brief." }).body.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "High water?" },
      {
        role: "assistant",
        content: "Let me look.",
        reasoning_content: "I need the gauge.",
        tool_calls: ["c1", "c2"].map((id) => ({
          id,
          type: "function",
          function: { name: "get_tide", arguments: '{"port":"Brest"}' },
        })),
      },
      { role: "tool", tool_call_id: "c2", content: "4.3\n[see below]" },
      { role: "tool", tool_call_id: "c1", content: "4.2 metres" },
      { role: "user", content: [{ type: "image_url", image_url: { url: pixel } }] },
    ]);
  });

  test("keeps functions, and leaves out what only OpenAI runs", () => {
    const tools = [
      { type: "function", name: "get_tide", description: "The tide", parameters: { type: "object" }, strict: true },
      { type: "web_search" },
      { type: "namespace", name: "mcp", tools: [{ type: "web_search" }] },
      { type: "local_shell" },
    ];
    const { body } = read({ tools, tool_choice: { type: "function", name: "get_tide" }, parallel_tool_calls: false });
    expect(body.tools).toEqual([
      {
        type: "function",
        function: { name: "get_tide", description: "The tide", parameters: { type: "object" }, strict: true },
      },
    ]);
    expect(body.tool_choice).toEqual({ type: "function", function: { name: "get_tide" } });
    expect(body.parallel_tool_calls).toBe(false);
  });

  test("passes the wished format and effort on", () => {
    const schema = { type: "object", properties: {} };
    const asked = read({
      text: { format: { type: "json_schema", name: "tide", schema, strict: true }, verbosity: "low" },
      reasoning: { effort: "none", summary: "auto" },
      max_output_tokens: 99,
      include: ["reasoning.encrypted_content"],
    });
    expect(asked.body).toMatchObject({
      response_format: { type: "json_schema", json_schema: { name: "tide", schema, strict: true } },
      max_tokens: 99,
      verbosity: "low",
    });
    expect(asked).toMatchObject({ thinking: false, effort: null, stream: false, thinkMode: "reasoning" });
    expect(read({ reasoning: { effort: "high" } })).toMatchObject({ thinking: true, effort: "high" });
    expect(read({}).thinking).toBeNull();
  });
});

describe("a response that goes on with an earlier one", () => {
  const answer = (id: string, text: string) => ({
    id,
    status: "completed",
    output: [{ id: `msg_${id}`, type: "message", role: "assistant", content: [{ type: "output_text", text }] }],
  });
  const keep = (id: string, text: string, more: object = {}, keyId = 1) =>
    api.remember!(JSON.stringify(answer(id, text)), read(more, keyId), keyId);

  test("is asked with everything that was said before", () => {
    keep("resp_a", "At nine.");
    keep("resp_b", "At ten.", { previous_response_id: "resp_a", input: "And tomorrow?" });
    const asked = read({ previous_response_id: "resp_b", input: "And after that?", instructions: "Be brief." });
    expect(asked.body.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "High water?" },
      { role: "assistant", content: "At nine." },
      { role: "user", content: "And tomorrow?" },
      { role: "assistant", content: "At ten." },
      { role: "user", content: "And after that?" },
    ]);
    expect(asked.own!.body).not.toHaveProperty("previous_response_id");
    expect(JSON.parse(asked.own!.sent as string)).toEqual(asked.own!.body);
    expect(asked.own!.body.input).toHaveLength(5);
  });

  test("reads the final event of a stream as well as a whole answer", () => {
    const event = { type: "response.completed", sequence_number: 9, response: answer("resp_s", "At six.") };
    api.remember!(`event: response.completed\ndata: ${JSON.stringify(event)}\n\n`, read({}), 1);
    expect(read({ previous_response_id: "resp_s", input: "x" }).body.messages).toHaveLength(3);
  });

  test("may name single items", () => {
    keep("resp_c", "At noon.");
    const input = [
      { role: "user", content: "High water?" },
      { type: "item_reference", id: "msg_resp_c" },
    ];
    const asked = read({ input });
    expect(asked.body.messages.at(-1)).toEqual({ role: "assistant", content: "At noon." });
    expect(JSON.stringify(asked.own!.body)).not.toContain("item_reference");
  });

  test("finds nothing of another key, nothing that was not to be stored, and nothing unknown", () => {
    keep("resp_d", "At one.");
    keep("resp_e", "At two.", { store: false });
    for (const [id, keyId] of [
      ["resp_d", 2],
      ["resp_e", 1],
      ["resp_f", 1],
    ] as const) {
      expect(() => read({ previous_response_id: id }, keyId)).toThrow(
        expect.objectContaining({ kind: "previous_response_not_found", param: "previous_response_id" }),
      );
    }
    expect(() => read({ input: [{ type: "item_reference", id: "msg_resp_d" }] }, 2)).toThrow(GatewayError);
  });
});

const item = (one: unknown) => ({ input: [one] });
const part = (one: unknown) => item({ role: "user", content: [one] });

/** What is wrong, and the path that the refusal names. */
const wrongs: [name: string, more: object, path: string][] = [
  ["no input", { input: undefined }, "input"],
  ["an empty input", { input: [] }, "input"],
  ["input 7", { input: 7 }, "input"],
  ["an item that is none", item("hi"), "input[0]"],
  ["an unknown item", item({ type: "smell" }), "input[0].type"],
  ["an unknown role", item({ role: "boss", content: "hi" }), "input[0].role"],
  ["an unknown part", part({ type: "smell" }), "input[0].content[0].type"],
  ["a part that is none", part("hi"), "input[0].content[0]"],
  [
    "a picture that is a page",
    part({ type: "input_image", image_url: "data:text/html;base64,aGk=" }),
    "input[0].content[0].image_url",
  ],
  ["a picture in a file store", part({ type: "input_image", file_id: "f1" }), "input[0].content[0].image_url"],
  [
    "a file on this machine",
    part({ type: "input_file", file_url: "file:///etc/passwd" }),
    "input[0].content[0].file_url",
  ],
  ["an output without a call", item(output), "input[0].call_id"],
  ["an output of another call", { input: [call, { ...output, call_id: "c9" }] }, "input[1].call_id"],
  ["one id for two calls", { input: [call, call] }, "input[1].call_id"],
  ["a call without a name", item({ ...call, name: "" }), "input[0].name"],
  ["a call whose arguments are an object", item({ ...call, arguments: {} }), "input[0].arguments"],
  [
    "an assistant's picture",
    item({ role: "assistant", content: [{ type: "input_image", image_url: pixel }] }),
    "input[0].content[0]",
  ],
  ["an item nobody knows", item({ type: "item_reference", id: "msg_x" }), "input[0].id"],
  ["a function without a name", { tools: [{ type: "function" }] }, "tools[0].name"],
  [
    "a nameless function in a namespace",
    { tools: [{ type: "namespace", name: "mcp", tools: [{ type: "function" }] }] },
    "tools[0].tools[0].name",
  ],
  ["a schema without a name", { text: { format: { type: "json_schema", schema: {} } } }, "text.format.name"],
  ["a format that is none", { text: { format: { type: "xml" } } }, "text.format.type"],
  ["a conversation at OpenAI", { conversation: "conv_1" }, "conversation"],
  ["work in the background", { background: true }, "background"],
  ["a stream that is 7", { stream: 7 }, "stream"],
];

describe("a wrong request", () => {
  for (const [name, more, path] of wrongs) {
    test(`with ${name} is refused at ${path}`, () => {
      expect(() => read(more)).toThrow(expect.objectContaining({ kind: "invalid_request", param: path }));
    });
  }
});
