import { describe, expect, test } from "bun:test";
import { startApp } from "../helpers/app.ts";
import { pixel, world } from "../helpers/world.ts";

const data = pixel.slice(pixel.indexOf(",") + 1);
const format = { type: "json_schema", name: "tide", schema: { type: "object", pattern: "(" } };

/** A picture for a text model, at a place that translation moves: behind a system prompt, or out of a tool's result. */
const asked: Record<string, { path: string; body: object; param: string }[]> = {
  chat: [
    {
      path: "/v1/chat/completions",
      body: {
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: pixel } }] }],
        response_format: { type: "json_schema", json_schema: { name: "tide", schema: { type: "object" } } },
      },
      param: "messages[0].content[0]",
    },
  ],
  messages: [
    {
      path: "/v1/messages",
      body: {
        max_tokens: 100,
        system: "Look.",
        messages: [
          { role: "user", content: "Call." },
          { role: "assistant", content: [{ type: "tool_use", id: "a", name: "look", input: {} }] },
          {
            role: "user",
            content: [
              { type: "text", text: "This:" },
              {
                type: "tool_result",
                tool_use_id: "a",
                content: [
                  { type: "text", text: "a picture" },
                  { type: "image", source: { type: "base64", media_type: "image/png", data } },
                ],
              },
            ],
          },
        ],
      },
      param: "messages[2].content[1].content[1]",
    },
  ],
  responses: [
    {
      path: "/v1/responses",
      body: {
        instructions: "Look.",
        input: [
          { role: "developer", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "input_text", text: "What is it?" },
              { type: "input_image", image_url: pixel },
            ],
          },
        ],
      },
      param: "input[1].content[1]",
    },
  ],
};

// Through Z.ai's own doors for Messages and Responses, and, where zgate sees to the answer's form, through its chat.
const throughChat: Record<string, object> = {
  chat: {},
  messages: { output_config: { format } },
  responses: { text: { format } },
};

for (const face of ["zai", "web"] as const) {
  describe(`what the ${face} upstream's model does not take`, () => {
    for (const [api, cases] of Object.entries(asked)) {
      test(`is named by the path that a client of ${api} knows`, async () => {
        const app = await startApp({ face });
        try {
          const ways = cases.flatMap((one) => [
            { ...one, more: {} },
            { ...one, more: throughChat[api] },
          ]);
          for (const { path, body, param, more } of ways) {
            const answer = await app.send(path, { model: world.models.usual, ...body, ...more });
            const { error } = (await answer.json()) as { error: { message: string; param?: string } };
            expect([answer.status, error.message]).toEqual([400, expect.stringContaining(param)]);
            if (api !== "messages") expect(error.param).toBe(param);
            expect(error.message).not.toContain("image_url");
            expect((await app.settled(1)).at(-1)).toMatchObject({ outcome: "rejected" });
          }
        } finally {
          await app.stop();
        }
      });
    }
  });
}

const svg = btoa("<svg onload=alert(1)></svg>");
const answered = { type: "function" as const, function: { name: "look", arguments: "{}" } };

/** What no upstream is asked, whichever it is. */
const nonsense: { says: string; path: string; body: object; param: string }[] = [
  {
    says: "a page that says it is a picture, over Messages",
    path: "/v1/messages",
    body: {
      max_tokens: 9,
      messages: [
        {
          role: "user",
          content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: svg } }],
        },
      ],
    },
    param: "messages[0].content[0].source.data",
  },
  {
    says: "a page that says it is a picture, over Responses",
    path: "/v1/responses",
    body: {
      input: [{ role: "user", content: [{ type: "input_image", image_url: `data:image/webp;base64,${svg}` }] }],
    },
    param: "input[0].content[0]",
  },
  {
    says: "one id for two calls of a message",
    path: "/v1/chat/completions",
    body: {
      messages: [
        { role: "user", content: "Look." },
        { role: "assistant", content: null, tool_calls: ["a", "a"].map((id) => ({ id, ...answered })) },
      ],
    },
    param: "messages[1].tool_calls[1].id",
  },
  {
    says: "a choice of a function that is not offered",
    path: "/v1/chat/completions",
    body: {
      messages: [{ role: "user", content: "Look." }],
      tools: [world.tools.tide],
      tool_choice: { type: "function", function: { name: "look" } },
    },
    param: "tool_choice",
  },
  {
    says: "tools for a model that calls none, over Messages",
    path: "/v1/messages",
    body: {
      max_tokens: 9,
      messages: [{ role: "user", content: "Look." }],
      tools: [{ name: "look", input_schema: { type: "object" } }],
    },
    param: "tools",
  },
  {
    says: "tools for a model that calls none, over Responses",
    path: "/v1/responses",
    body: { input: "Look.", tools: [{ type: "function", name: "look", parameters: {} }] },
    param: "tools",
  },
];

for (const face of ["zai", "web", "openai"] as const) {
  test(`what makes no sense is refused before the ${face} upstream is asked`, async () => {
    const app = await startApp({ face, env: { ZAI_TOKEN: "harbour-user-token" } });
    try {
      for (const { says, path, body, param } of nonsense) {
        // What a plain upstream's models can do, only it knows.
        if (face === "openai" && param === "tools") continue;
        const answer = await app.send(path, { model: world.models.seeing, ...body });
        const { error } = (await answer.json()) as { error: { message: string; param?: string } };
        expect([says, answer.status, error.message]).toEqual([says, 400, expect.stringContaining(param)]);
        if (path !== "/v1/messages") expect(error.param).toBe(param);
      }
      expect(app.simulator.requests().filter(({ kind }) => kind === "chat")).toEqual([]);
    } finally {
      await app.stop();
    }
  });
}

test("a schema that cannot be used is named where the client wrote it", async () => {
  const app = await startApp();
  try {
    const wrong = { type: "object", properties: { a: { $ref: "#/nowhere" } } };
    const places = {
      "output_config.format.schema": {
        path: "/v1/messages",
        body: {
          max_tokens: 100,
          messages: [{ role: "user", content: "hi" }],
          output_config: { format: { ...format, schema: wrong } },
        },
      },
      "text.format.schema": {
        path: "/v1/responses",
        body: { input: "hi", text: { format: { ...format, schema: wrong } } },
      },
    };
    for (const [place, { path, body }] of Object.entries(places)) {
      app.simulator.say({ answer: ['{"a":1}'] });
      const answer = await app.send(path, { model: world.models.usual, ...body });
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(place)]);
    }
  } finally {
    await app.stop();
  }
});
