import { describe, expect, test } from "bun:test";
import type { ChatAsk, ChatRequest } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import { officialModels } from "~/simulator/models.ts";
import { startSimulator } from "~/simulator/simulator.ts";
import { zai } from "~/upstreams/zai/index.ts";
import { harbour, tellingFor } from "../telling.ts";

const question: ChatRequest = { model: "glm-4.7", messages: [{ role: "user", content: "High water?" }] };
const tide = { type: "function", function: { name: "get_tide", parameters: { type: "object" } } };
const flat = { type: "function", name: "get_moon", parameters: { type: "object" } };
const nested = { type: "function", function: { name: "get_moon", parameters: { type: "object" } } };

const demanded = (content: string) => [{ role: "system", content }, ...question.messages];

function sent(more: object, wish: Partial<ChatAsk> = {}) {
  const outgoing = zai.chat.ask(tellingFor(zai, { ...question, ...more }, { stream: false, ...wish }), 0);
  return JSON.parse(Buffer.from(outgoing.body as Uint8Array).toString());
}

function refusalOf(more: object): GatewayError {
  try {
    sent(more);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("It was not refused");
}

test("passes a request that needs no edit as the very same text", () => {
  const told = tellingFor(zai, { ...question, temperature: 0.5, custom: { a: [1] }, seed: 7 }, { stream: false });
  expect(zai.chat.ask(told, 0).body).toBe(told.ask.sent);
});

test("asks at the completions address with the upstream's own credential", () => {
  const { method, url, headers } = zai.chat.ask(tellingFor(zai, question), 0);
  expect([method, url]).toEqual(["POST", `${harbour.url}/chat/completions`]);
  expect(headers).toMatchObject({ authorization: "Bearer user-token", accept: "text/event-stream" });
});

/** What the client sends, and what of it differs at Z.ai; `undefined` is a field that is gone. */
const edits: [says: string, given: object, told: object, wish?: Partial<ChatAsk>][] = [
  ["the model by its own id", { model: "GLM-4.5" }, { model: "glm-4.5" }],
  ["more temperature than there is", { temperature: 1.7 }, { temperature: 1, do_sample: undefined }],
  ["no temperature", { temperature: 0, top_p: 0 }, { temperature: undefined, do_sample: false, top_p: 0.01 }],
  [
    "a null where nothing was meant",
    { temperature: null, top_p: null, stop: null },
    { temperature: undefined, stop: undefined },
  ],
  ["more tokens than the model gives", { max_tokens: 900_000 }, { max_tokens: 131_072 }],
  [
    "the newer name of the limit",
    { max_completion_tokens: 50, max_tokens: 90 },
    { max_tokens: 50, max_completion_tokens: undefined },
  ],
  ["one stop sequence", { stop: "END" }, { stop: ["END"] }],
  ["several stop sequences", { stop: ["", "END", "###"] }, { stop: ["END"] }],
  [
    "the user, where its length is right",
    { user: "guest-of-the-harbour" },
    { user: undefined, user_id: "guest-of-the-harbour" },
  ],
  ["a short user", { user: "quay" }, { user: undefined, user_id: undefined }],
  ["a short user id", { user_id: "quay" }, { user_id: undefined }],
  [
    "what it has nothing like",
    {
      n: 1,
      logprobs: false,
      top_logprobs: 2,
      logit_bias: { 7: -100 },
      verbosity: "low",
      functions: [],
      modalities: ["text"],
      presence_penalty: 1,
      frequency_penalty: 1,
      store: true,
      metadata: {},
      service_tier: "auto",
      parallel_tool_calls: true,
      stream_options: {},
    },
    {
      n: undefined,
      logprobs: undefined,
      top_logprobs: undefined,
      logit_bias: undefined,
      verbosity: undefined,
      functions: undefined,
      modalities: undefined,
      presence_penalty: undefined,
      frequency_penalty: undefined,
      store: undefined,
      metadata: undefined,
      service_tier: undefined,
      parallel_tool_calls: undefined,
      stream_options: undefined,
    },
  ],
  [
    "thinking off",
    { enable_thinking: false },
    { enable_thinking: undefined, thinking: { type: "disabled" } },
    { thinking: false },
  ],
  [
    "thinking on, with what else was said of it",
    { thinking: { type: "enabled", clear_thinking: false } },
    { thinking: { type: "enabled", clear_thinking: false } },
    { thinking: true },
  ],
  [
    "thinking off for a model that always thinks",
    { model: "glm-5.3" },
    { thinking: undefined, reasoning_effort: "low" },
    { thinking: false },
  ],
  [
    "what else was said of thinking to a model that always thinks",
    { model: "glm-5.3", thinking: { type: "disabled", clear_thinking: false } },
    { thinking: { type: "enabled", clear_thinking: false }, reasoning_effort: "low" },
    { thinking: false },
  ],
  [
    "thinking for a model that never does",
    { model: "glm-4-32b-0414-128k", thinking: { type: "enabled" } },
    { thinking: undefined },
    { thinking: true },
  ],
  [
    "little effort",
    { model: "glm-5.3", reasoning_effort: "minimal" },
    { reasoning_effort: "low" },
    { thinking: true, effort: "minimal" },
  ],
  [
    "middling effort",
    { model: "glm-5.2", reasoning_effort: "medium" },
    { reasoning_effort: "high" },
    { thinking: true, effort: "medium" },
  ],
  [
    "all effort",
    { model: "glm-5.3", reasoning_effort: "xhigh" },
    { reasoning_effort: "max" },
    { thinking: true, effort: "xhigh" },
  ],
  [
    "effort where the model knows none",
    { reasoning_effort: "high" },
    { reasoning_effort: undefined, thinking: { type: "enabled" } },
    { thinking: true, effort: "high" },
  ],
  ["no tools", { tools: [], tool_choice: "auto" }, { tools: undefined, tool_choice: undefined }],
  [
    "tools that must not be called",
    { tools: [tide], tool_choice: "none" },
    { tools: undefined, tool_choice: undefined },
  ],
  ["a flat tool", { tools: [tide, flat] }, { tools: [tide, nested] }],
  [
    "one tool of several",
    { tools: [tide, flat], tool_choice: { type: "function", function: { name: "get_moon" } } },
    {
      tools: [nested],
      tool_choice: "auto",
      messages: demanded("This answer must call the function `get_moon`; words alone are not accepted."),
    },
  ],
  [
    "one call at most",
    { tools: [tide], parallel_tool_calls: false },
    {
      tools: [tide],
      parallel_tool_calls: undefined,
      messages: demanded("An answer holds at most one call."),
    },
  ],
  [
    "tools that alone are allowed",
    { tools: [tide, flat], tool_choice: { type: "allowed_tools", allowed_tools: { mode: "required", tools: [tide] } } },
    {
      tools: [tide],
      tool_choice: "auto",
      messages: demanded("This answer must call the function `get_tide`; words alone are not accepted."),
    },
  ],
  [
    "a tool of another type",
    { tools: [{ type: "web_search", web_search: {} }] },
    { tools: [{ type: "web_search", web_search: {} }] },
  ],
  ["tools in pieces", { tools: [tide] }, { tool_stream: true, stream: true }, { stream: true }],
  [
    "tools in pieces for a model before 4.6",
    { model: "glm-4.5-air", tools: [tide] },
    { tool_stream: undefined },
    { stream: true },
  ],
  ["pieces without a stream", { tools: [tide], tool_stream: true }, { tool_stream: undefined }],
];
for (const [says, given, told, wish] of edits) {
  test(`says ${says}`, () => {
    const body = sent(given, wish);
    for (const [field, value] of Object.entries(told)) expect([field, body[field]]).toEqual([field, value]);
  });
}

test("says messages in the roles and forms that its template takes", () => {
  const call = { id: "c1", type: "function", function: { name: "get_tide", arguments: "{}" } };
  const text = (words: string) => ({ type: "text", text: words });
  const messages = [
    { role: "developer", content: [text("Be brief."), { ...text("Be kind."), cache_control: { type: "ephemeral" } }] },
    { role: "user", content: [text("High"), text("water?")] },
    {
      role: "assistant",
      content: [text("Let me"), { type: "refusal", refusal: "look" }],
      reasoning_content: "Hm.",
      tool_calls: [call],
    },
    { role: "tool", tool_call_id: "c1", content: [text("04:12"), text("5.1 m")] },
    { role: "assistant", content: null, function_call: { name: "get_tide", arguments: "{}" } },
    { role: "function", name: "get_tide", content: "04:13" },
    { role: "assistant", content: [] },
  ];
  expect(sent({ messages }).messages).toEqual([
    { role: "system", content: "Be brief.\nBe kind." },
    messages[1],
    { role: "assistant", content: "Let me\nlook", reasoning_content: "Hm.", tool_calls: [call] },
    { role: "tool", tool_call_id: "c1", content: "04:12\n5.1 m" },
    { role: "assistant", content: null, tool_calls: [{ ...call, id: "call_get_tide" }] },
    { role: "tool", name: "get_tide", tool_call_id: "call_get_tide", content: "04:13" },
    { role: "assistant", content: "" },
  ]);
});

const refusals: [says: string, given: object, param: string, words: string][] = [
  ["several answers", { n: 2 }, "n", "gives one a request"],
  ["what words were likely", { logprobs: true }, "logprobs", "probabilities"],
  ["an answer to hear", { modalities: ["text", "audio"] }, "modalities", "more than text"],
  ["functions instead of tools", { functions: [tide.function] }, "functions", "send 'tools'"],
  ["a search at OpenAI", { web_search_options: {} }, "web_search_options", "search of the web"],
  ["tools for the model that calls none", { model: "glm-4.5v", tools: [tide] }, "tools", "calls no functions"],
  ["too many tools", { tools: Array.from({ length: 129 }, () => tide) }, "tools", "128"],
  [
    "a tool that is not there",
    { tools: [tide], tool_choice: { type: "function", function: { name: "x" } } },
    "tool_choice",
    "'x'",
  ],
  [
    "a picture in a tool's result",
    {
      messages: [
        {
          role: "tool",
          tool_call_id: "1",
          content: [{ type: "image_url", image_url: { url: "https://a.example/1.png" } }],
        },
      ],
    },
    "messages[0].content[0]",
    "only text",
  ],
];
for (const [says, given, param, words] of refusals) {
  test(`refuses ${says} in words`, () => {
    const refusal = refusalOf(given);
    expect([refusal.kind, refusal.param]).toEqual(["invalid_request", param]);
    expect(refusal.message).toContain(words);
  });
}

test("does not change the client's request", () => {
  const body = {
    ...question,
    model: "glm-4.5",
    temperature: 2,
    stop: ["a", "b"],
    tools: [flat],
    messages: [{ role: "developer", content: [{ type: "text", text: "a" }] }],
  };
  const before = structuredClone(body);
  sent(body);
  expect(body).toEqual(before);
});

describe("the simulated Z.ai", () => {
  test("objects to nothing that any model is asked", async () => {
    const simulator = await startSimulator();
    try {
      const wild = {
        temperature: 2,
        top_p: 0,
        max_tokens: 1_000_000,
        stop: ["a", "b"],
        user: "x",
        user_id: "y",
        n: 1,
        seed: 1,
        response_format: { type: "json_object" },
        messages: [
          { role: "developer", content: [{ type: "text", text: "Be brief." }] },
          { role: "user", content: "Hi" },
          { role: "assistant", content: [] },
          { role: "function", name: "f", content: "1" },
          { role: "user", content: "Hi" },
        ],
      };
      for (const { id } of officialModels) {
        for (const stream of [true, false]) {
          for (const thinking of [true, false, null]) {
            const tools = id === "glm-4.5v" ? [] : [tide, flat];
            const told = tellingFor(
              zai,
              { ...wild, model: id, tools, tool_choice: "auto" },
              { stream, thinking, effort: "medium" },
            );
            const { url, headers, body } = zai.chat.ask({ ...told, target: { ...harbour, url: simulator.zaiUrl } }, 0);
            const answer = await fetch(url, { method: "POST", headers, body: body as BodyInit });
            expect([id, answer.status]).toEqual([id, 200]);
            await answer.text();
          }
        }
      }
      expect(simulator.violations()).toEqual([]);
    } finally {
      simulator.stop();
    }
  });
});
