import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

const { name, description, parameters } = world.tools.tide.function;
const tide = { type: "function", name, description, parameters };
const moon = { ...tide, name: "get_moon" };
const search = { type: "web_search" };
const ownSearch = { type: "web_search_20250305", name: "web_search" };
const called = { name, description, input_schema: parameters };
const question = [{ role: "user", content: world.questions.tide }];

interface Case {
  says: string;
  body: object;
  param: string;
}

/** What translations would have to drop, by API: each refused with the path of its field. */
const cases: Record<string, { path: string; whole: object; cases: Case[] }> = {
  responses: {
    path: "/v1/responses",
    whole: { model: world.models.usual, input: world.questions.tide },
    cases: [
      ...["web_search", "file_search", "mcp", "code_interpreter", "image_generation", "custom"].map((type) => ({
        says: `a choice of ${type}`,
        body: { tools: [tide, { type, name: "x" }], tool_choice: { type, name: "x" } },
        param: "tool_choice.type",
      })),
      { says: "a call where no function is", body: { tools: [search], tool_choice: "required" }, param: "tool_choice" },
      { says: "a call without tools", body: { tool_choice: "required" }, param: "tool_choice" },
      { says: "a choice of its own", body: { tools: [tide], tool_choice: "sometimes" }, param: "tool_choice" },
      {
        says: "a function that is not offered",
        body: { tools: [tide], tool_choice: { type: "function", name: "get_sun" } },
        param: "tool_choice.name",
      },
      {
        says: "leave for tools at OpenAI alone",
        body: { tools: [tide, search], tool_choice: { type: "allowed_tools", mode: "auto", tools: [search] } },
        param: "tool_choice.tools",
      },
      {
        says: "leave for a function that is not offered",
        body: { tools: [tide], tool_choice: { type: "allowed_tools", mode: "required", tools: [search, moon] } },
        param: "tool_choice.tools[1].name",
      },
      { says: "likely words", body: { top_logprobs: 3 }, param: "top_logprobs" },
      {
        says: "likely words, as a further part",
        body: { include: ["reasoning.encrypted_content", "message.output_text.logprobs"] },
        param: "include[1]",
      },
    ],
  },
  messages: {
    path: "/v1/messages",
    whole: { model: world.models.usual, max_tokens: 500, messages: question },
    cases: [
      {
        says: "a tool that runs at Anthropic",
        body: { tools: [called, ownSearch], tool_choice: { type: "tool", name: "web_search" } },
        param: "tool_choice.name",
      },
      {
        says: "a tool that is not offered",
        body: { tools: [called], tool_choice: { type: "tool", name: "get_sun" } },
        param: "tool_choice.name",
      },
      {
        says: "a call where no tool is",
        body: { tools: [ownSearch], tool_choice: { type: "any" } },
        param: "tool_choice",
      },
      {
        says: "servers that Anthropic would ask",
        body: { mcp_servers: [{ type: "url", name: "a", url: "https://harbour.example" }] },
        param: "mcp_servers",
      },
      { says: "a container at Anthropic", body: { container: "container_1" }, param: "container" },
    ],
  },
};

for (const face of ["openai", "web"] as const) {
  describe(`what a translation to ${face} cannot say`, () => {
    let app: App;
    beforeAll(async () => {
      app = await startApp({ face });
    });
    afterAll(() => app.stop());

    for (const [api, { path, whole, cases: wrongs }] of Object.entries(cases)) {
      for (const { says, body, param } of wrongs) {
        test(`is refused over ${api}: ${says}`, async () => {
          for (const stream of [false, true]) {
            const answer = await app.send(path, { ...whole, ...body, stream });
            const told = (await answer.json()) as { type?: string; error: Record<string, unknown> };
            expect([answer.status, told.error.type]).toEqual([400, "invalid_request_error"]);
            expect(told.error.message).toContain(`'${param}'`);
            if (api === "responses") expect(told.error.param).toBe(param);
            else expect(told.type).toBe("error");
          }
          expect(app.simulator.requests().filter(({ kind }) => kind === "chat")).toEqual([]);
        });
      }
    }
  });
}

test("Z.ai's own door takes all of it as it is, and so does a count of its tokens", async () => {
  const app = await startApp();
  try {
    for (const { path, whole, cases: wrongs } of Object.values(cases)) {
      for (const { body } of wrongs) {
        const answer = await app.send(path, { ...whole, ...body });
        const text = await answer.text();
        expect([answer.status, text]).toEqual([200, expect.any(String)]);
        const { store: _, ...sent } = app.simulator.requests().at(-1)!.body as Record<string, unknown>;
        expect(sent).toEqual({ ...whole, ...body });
      }
    }
  } finally {
    await app.stop();
  }
});

interface Told {
  output: Record<string, unknown>[];
  tool_choice: unknown;
}

describe("a choice of Responses that a translation can say", () => {
  const sentFor = async (app: App, tool_choice: unknown, tools: object[] = [search, tide, moon]) => {
    const body = { model: world.models.usual, input: world.questions.tide, tools, tool_choice };
    const answer = await app.send("/v1/responses", body);
    const sent = app.simulator.requests().at(-1)!.body as Record<string, unknown>;
    return { answer: (await answer.json()) as Told, sent };
  };
  const namesIn = ({ tools = [] }: Record<string, unknown>) =>
    (tools as { function: { name: string } }[]).map((tool) => tool.function.name);

  test("narrows the tools to those that are allowed, and demands a call of them where it says so", async () => {
    const app = await startApp({ face: "openai" });
    try {
      for (const [mode, choice] of [
        ["auto", "auto"],
        ["required", "required"],
      ]) {
        const { sent, answer } = await sentFor(app, { type: "allowed_tools", mode, tools: [search, tide] });
        expect([namesIn(sent), sent.tool_choice]).toEqual([["get_tide"], choice]);
        expect(answer.tool_choice).toMatchObject({ type: "allowed_tools", mode });
        expect(answer.output.at(-1)).toMatchObject({ type: "function_call", name: "get_tide" });
      }
    } finally {
      await app.stop();
    }
  });

  test("is told to the web chat's model in words", async () => {
    const app = await startApp({ face: "web" });
    try {
      const { sent, answer } = await sentFor(app, { type: "allowed_tools", mode: "required", tools: [tide] });
      const told = JSON.stringify(sent.messages);
      expect(told).toContain("must call `get_tide`");
      expect(told).not.toContain("get_moon");
      expect(answer.output.at(-1)).toMatchObject({ type: "function_call", name: "get_tide" });
    } finally {
      await app.stop();
    }
  });

  test("offers the functions of a namespace, and tells their calls in the client's own names", async () => {
    const app = await startApp({ face: "openai" });
    const harbour = { type: "namespace", name: "harbour", description: "The harbour", tools: [tide, moon] };
    try {
      for (const [tools, houseName] of [
        [[harbour], "get_tide"],
        [[moon, tide, harbour], "harbour__get_tide"],
      ] as const) {
        app.simulator.say({
          answer: [],
          calls: [{ id: "c1", name: houseName, arguments: "{}" }],
          finish: "tool_calls",
        });
        const { sent, answer } = await sentFor(app, "auto", [...tools]);
        expect(namesIn(sent)).toContain(houseName);
        const [call] = answer.output;
        expect(call).toMatchObject({ type: "function_call", name: "get_tide", namespace: "harbour" });

        const result = { type: "function_call_output", call_id: call!.call_id, output: "4.2 metres" };
        const input = [...question, call, result];
        await app.send("/v1/responses", { model: world.models.usual, input, tools });
        const next = app.simulator.requests().at(-1)!.body as { messages: object[] };
        expect(next.messages[1]).toMatchObject({ tool_calls: [{ function: { name: houseName } }] });
      }
    } finally {
      await app.stop();
    }
  });
});
