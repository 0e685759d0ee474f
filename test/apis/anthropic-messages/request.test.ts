import { describe, expect, test } from "bun:test";
import { createMessages, createTokenCounter } from "~/apis/anthropic-messages/index.ts";
import { GatewayError } from "~/errors.ts";
import { pixel } from "../../helpers/world.ts";

const defaults = { model: "glm-4.7", stream: true, thinkMode: "think" as const };
const question = { model: "glm-4.7", max_tokens: 100, messages: [{ role: "user", content: "High water?" }] };
const read = (body: object, api = createMessages()) => api.read(JSON.stringify(body), new Headers(), defaults, 1);
const house = (more: object) => read({ ...question, ...more }).body;
const said = (...blocks: object[]) => house({ messages: [{ role: "user", content: blocks }] }).messages;
const called = {
  role: "assistant",
  content: [{ type: "tool_use", id: "c1", name: "get_tide", input: { port: "Brest" } }],
};
const [, mediaType, data] = /^data:(.*);base64,(.*)$/.exec(pixel)!;

describe("a message in the house language", () => {
  test("is not streamed unless it says so, and its thinking is its own", () => {
    expect(read(question)).toMatchObject({ stream: false, thinkMode: "reasoning", thinking: false });
    expect(read({ ...question, stream: true, thinking: { type: "adaptive" } })).toMatchObject({
      stream: true,
      thinking: true,
    });
    expect(read({ ...question, output_config: { effort: "High" } }).effort).toBe("high");
  });

  test("holds pictures, documents and texts in the order in which they were sent", () => {
    const source = { type: "base64", media_type: mediaType, data };
    expect(
      said(
        { type: "text", text: "Look:", cache_control: { type: "ephemeral" } },
        { type: "image", source },
        { type: "image", source: { type: "url", url: "https://harbour.example/a.png" } },
        { type: "document", title: "Tides", source: { type: "text", media_type: "text/plain", data: "High at nine." } },
        {
          type: "document",
          title: "a.pdf",
          source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
        },
      ),
    ).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Look:" },
          { type: "image_url", image_url: { url: pixel } },
          { type: "image_url", image_url: { url: "https://harbour.example/a.png" } },
          { type: "text", text: "Tides\n\nHigh at nine." },
          { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" } },
        ],
      },
    ]);
  });

  test("holds what is said about a document before it", () => {
    const about = { title: "Tides", context: "Of 1920." };
    const source = { type: "text", media_type: "text/plain", data: "High at nine." };
    const inside = { type: "content", content: [{ type: "text", text: "Low at three." }] };
    const far = { type: "url", url: "https://harbour.example/a.pdf" };
    const near = { type: "base64", media_type: "application/pdf", data: "JVBERi0=" };
    const [message] = said(...[source, inside, far, near].map((one) => ({ type: "document", ...about, source: one })));
    expect(message!.content).toEqual([
      { type: "text", text: "Tides\n\nOf 1920.\n\nHigh at nine." },
      { type: "text", text: "Tides\n\nOf 1920." },
      { type: "text", text: "Low at three." },
      { type: "text", text: "Tides\n\nOf 1920." },
      { type: "file_url", file_url: { url: "https://harbour.example/a.pdf" } },
      { type: "text", text: "Of 1920." },
      { type: "file", file: { filename: "Tides", file_data: "data:application/pdf;base64,JVBERi0=" } },
    ]);
  });

  test("keeps what Anthropic's own tools brought, without calls that nobody here has made", () => {
    const content = [
      { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "tide" } },
      { type: "web_search_tool_result", tool_use_id: "s1", content: [{ title: "Tides" }] },
      { type: "bash_code_execution_tool_result", tool_use_id: "s2", content: { stdout: "4.2" } },
      { type: "text", text: "It is 4.2." },
    ];
    expect(house({ messages: [...question.messages, { role: "assistant", content }] }).messages[1]).toEqual({
      role: "assistant",
      content: '[{"title":"Tides"}]{"stdout":"4.2"}It is 4.2.',
    });
  });

  test("tells of tools that the client's own search has found", () => {
    const content = [
      { type: "tool_result", tool_use_id: "c1", content: [{ type: "tool_reference", tool_name: "get_moon" }] },
    ];
    expect(house({ messages: [...question.messages, called, { role: "user", content }] }).messages.at(-1)).toEqual({
      role: "tool",
      tool_call_id: "c1",
      content: "The tool get_moon is ready to be called.",
    });
  });

  test("says results of tools before words, failed ones as such, and hands their pictures on", () => {
    const source = { type: "base64", media_type: mediaType, data };
    const content = [
      {
        type: "tool_result",
        tool_use_id: "c1",
        is_error: true,
        content: [
          { type: "text", text: "no gauge" },
          { type: "image", source },
        ],
      },
      { type: "text", text: "Try again." },
    ];
    expect(house({ messages: [...question.messages, called, { role: "user", content }] }).messages.slice(1)).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "get_tide", arguments: '{"port":"Brest"}' } }],
      },
      { role: "tool", tool_call_id: "c1", content: "The tool failed: no gauge\n[see below]" },
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: pixel } },
          { type: "text", text: "Try again." },
        ],
      },
    ]);
  });

  test("keeps tools that a client runs, and leaves out those that only Anthropic has", () => {
    const tools = [
      {
        name: "get_tide",
        description: "The tide",
        input_schema: { type: "object" },
        strict: true,
        cache_control: { type: "ephemeral" },
      },
      { type: "web_search_20250305", name: "web_search", max_uses: 3 },
    ];
    const choices = { auto: "auto", any: "required", none: "none" };
    for (const [type, tool_choice] of Object.entries(choices)) {
      expect(house({ tools, tool_choice: { type } })).toMatchObject({ tool_choice });
    }
    expect(house({ tools, tool_choice: { type: "tool", name: "get_tide" } })).toMatchObject({
      tools: [
        {
          type: "function",
          function: { name: "get_tide", description: "The tide", parameters: { type: "object" }, strict: true },
        },
      ],
      tool_choice: { type: "function", function: { name: "get_tide" } },
    });
    expect(house({ tools: [tools[1]] })).not.toHaveProperty("tools");
  });

  test("asks for the schema that the answer shall have", () => {
    const schema = { type: "object", properties: {} };
    expect(house({ output_config: { format: { type: "json_schema", schema } } }).response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "answer", schema, strict: true },
    });
  });
});

describe("Claude's names", () => {
  const aliasOf = (model: string, table?: Parameters<typeof createMessages>[0]) =>
    read({ ...question, model }, createMessages(table)).alias;

  test("stand for GLM models, others for themselves", () => {
    expect(aliasOf("claude-opus-4-1")).toBe("glm-4.7");
    expect(aliasOf("claude-sonnet-4-5-20250929[1m]")).toBe("glm-4.7");
    expect(aliasOf("claude-3-5-haiku-latest")).toBe("glm-4.5-air");
    expect(aliasOf("CLAUDE-Haiku-4-5")).toBe("glm-4.5-air");
    expect(aliasOf("glm-5")).toBeUndefined();
    expect(aliasOf("my-claude")).toBeUndefined();
  });

  test("stand for what an owner's table says", () => {
    expect(aliasOf("claude-opus-4-1", [{ pattern: "*opus*", model: "glm-5.2" }])).toBe("glm-5.2");
  });
});

const user = (content: unknown) => ({ messages: [{ role: "user", content }] });
const result = (more: object) => ({
  messages: [...question.messages, called, { role: "user", content: [{ type: "tool_result", ...more }] }],
});

/** What is wrong, and the path that the refusal names. */
const wrongs: [name: string, more: object, path: string][] = [
  ["no max_tokens", { max_tokens: undefined }, "max_tokens"],
  ["max_tokens 0", { max_tokens: 0 }, "max_tokens"],
  ["no messages", { messages: undefined }, "messages"],
  ["no message", { messages: [] }, "messages"],
  ["a message that is none", { messages: ["hi"] }, "messages[0]"],
  ["a role of chat's", { messages: [{ role: "tool", content: "hi" }] }, "messages[0].role"],
  ["content 7", user(7), "messages[0].content"],
  ["a block that is none", user(["hi"]), "messages[0].content[0]"],
  ["an unknown block", user([{ type: "text", text: "hi" }, { type: "smell" }]), "messages[0].content[1].type"],
  ["a text without words", user([{ type: "text" }]), "messages[0].content[0].text"],
  ["a picture without source", user([{ type: "image" }]), "messages[0].content[0].source"],
  [
    "a picture that is a page",
    user([{ type: "image", source: { type: "base64", media_type: "text/html", data: "aGk=" } }]),
    "messages[0].content[0].source.media_type",
  ],
  [
    "a picture without data",
    user([{ type: "image", source: { type: "base64", media_type: "image/png", data: "" } }]),
    "messages[0].content[0].source.data",
  ],
  [
    "a picture in a file store",
    user([{ type: "image", source: { type: "file", file_id: "f1" } }]),
    "messages[0].content[0].source.type",
  ],
  [
    "a picture on this machine",
    user([{ type: "image", source: { type: "url", url: "file:///etc/passwd" } }]),
    "messages[0].content[0].source.url",
  ],
  [
    "a document that is a film",
    user([{ type: "document", source: { type: "base64", media_type: "video/mp4", data: "aGk=" } }]),
    "messages[0].content[0].source.media_type",
  ],
  [
    "a result without a call",
    user([{ type: "tool_result", tool_use_id: "c1", content: "4.2" }]),
    "messages[0].content[0].tool_use_id",
  ],
  ["a result of another call", result({ tool_use_id: "c2", content: "4.2" }), "messages[2].content[0].tool_use_id"],
  [
    "a result of an unknown kind",
    result({ tool_use_id: "c1", content: [{ type: "smell" }] }),
    "messages[2].content[0].content[0].type",
  ],
  [
    "a call without an id",
    { messages: [{ role: "assistant", content: [{ type: "tool_use", name: "a", input: {} }] }] },
    "messages[0].content[0].id",
  ],
  [
    "a call whose input is text",
    { messages: [{ role: "assistant", content: [{ type: "tool_use", id: "c", name: "a", input: "{}" }] }] },
    "messages[0].content[0].input",
  ],
  ["one id for two calls", { messages: [called, called] }, "messages[1].content[0].id"],
  [
    "an assistant's picture",
    {
      messages: [
        {
          role: "assistant",
          content: [{ type: "image", source: { type: "url", url: "https://harbour.example/a.png" } }],
        },
      ],
    },
    "messages[0].content[0]",
  ],
  ["a system prompt with a picture", { system: [{ type: "image" }] }, "system[0].type"],
  ["a tool without a schema", { tools: [{ name: "get_tide" }] }, "tools[0].input_schema"],
  ["a tool without a name", { tools: [{ input_schema: {} }] }, "tools[0].name"],
  ["a choice that is none", { tool_choice: { type: "maybe" } }, "tool_choice.type"],
  ["thinking of an unknown kind", { thinking: { type: "hard" } }, "thinking.type"],
  ["stop sequences that are none", { stop_sequences: "STOP" }, "stop_sequences"],
  ["a temperature of 9", { temperature: 9 }, "temperature"],
];

describe("a wrong message", () => {
  for (const [name, more, path] of wrongs) {
    test(`with ${name} is refused at ${path}`, () => {
      let thrown: unknown = null;
      try {
        read({ ...question, ...more });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(GatewayError);
      expect(thrown).toMatchObject({ kind: "invalid_request", param: path });
    });
  }

  test("may be counted without max_tokens all the same", () => {
    const { max_tokens: _, ...rest } = question;
    expect(read(rest, createTokenCounter()).body.messages).toEqual(question.messages);
  });
});
