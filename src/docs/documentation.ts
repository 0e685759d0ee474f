import type { ElysiaSwaggerConfig } from "@elysiajs/swagger";

type Documentation = NonNullable<ElysiaSwaggerConfig["documentation"]>;

/** What routes cannot say of themselves: the gateway's answers are streams and other people's JSON. */
export function documentation(version: string, basePath: string): Documentation {
  return {
    info: {
      title: "zgate",
      version,
      description:
        "A gateway that lets OpenAI clients use Z.ai's GLM models. Base URL of a client: this address with `/v1`. " +
        "Fields that are not described here ride along to the upstream.",
    },
    servers: [{ url: basePath || "/", description: "this gateway" }],
    tags: [
      { name: "Chat", description: "What OpenAI clients speak." },
      { name: "Models", description: "What can be asked for." },
      { name: "Watching", description: "For monitors: no key is needed." },
    ],
    security: [{ bearer: [] }, { apiKey: [] }],
    components: { securitySchemes, schemas },
    paths: {
      "/v1/chat/completions": { post: chatCompletions },
      "/v1/models": { get: listModels },
      "/v1/models/{model}": { get: oneModel },
      "/v1/key": { get: ownKey },
      "/health": { get: health },
      "/ready": { get: ready },
    },
  };
}

type Operation = NonNullable<NonNullable<NonNullable<Documentation["paths"]>[string]>["get"]>;
type Components = NonNullable<Documentation["components"]>;

const securitySchemes: Components["securitySchemes"] = {
  bearer: { type: "http", scheme: "bearer", description: "A client key of this gateway." },
  apiKey: {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "The same key, as Anthropic clients send it.",
  },
};

const schemas: Components["schemas"] = {
  Error: {
    type: "object",
    required: ["error"],
    properties: {
      error: {
        type: "object",
        required: ["message", "type", "code"],
        properties: {
          message: { type: "string" },
          type: { type: "string", example: "invalid_request_error" },
          param: { type: "string", nullable: true, example: "messages[0].role" },
          code: { type: "string", nullable: true, example: "model_not_found" },
        },
      },
    },
  },
  ChatRequest: {
    type: "object",
    required: ["messages"],
    properties: {
      model: {
        type: "string",
        description: "Where it is missing, the gateway's own default is used.",
        example: "glm-4.7",
      },
      messages: {
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          required: ["role"],
          properties: {
            role: { type: "string", enum: ["system", "developer", "user", "assistant", "tool"] },
            content: {
              description: "Text, or a list of parts: text, image_url, video_url, file_url.",
              oneOf: [{ type: "string" }, { type: "array", items: { type: "object" } }],
              nullable: true,
            },
          },
        },
      },
      stream: { type: "boolean", description: "Server-sent events instead of one JSON body." },
      stream_options: { type: "object", properties: { include_usage: { type: "boolean" } } },
      temperature: { type: "number", minimum: 0, maximum: 2 },
      top_p: { type: "number", minimum: 0, maximum: 1 },
      max_tokens: { type: "integer", minimum: 1 },
      stop: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
      tools: { type: "array", items: { type: "object" } },
      tool_choice: {},
      response_format: { type: "object" },
      thinking: {
        type: "object",
        description: "Z.ai's own switch.",
        properties: { type: { type: "string", enum: ["enabled", "disabled"] } },
      },
      reasoning_effort: { type: "string", description: "OpenAI's switch; `none` turns thinking off." },
    },
    example: { model: "glm-4.7", stream: false, messages: [{ role: "user", content: "What is 7 + 5?" }] },
  },
  ChatCompletion: {
    type: "object",
    properties: {
      id: { type: "string" },
      object: { type: "string", enum: ["chat.completion"] },
      created: { type: "integer", description: "Seconds since 1970." },
      model: { type: "string", description: "The name that was asked for." },
      choices: {
        type: "array",
        items: {
          type: "object",
          properties: {
            index: { type: "integer" },
            message: {
              type: "object",
              properties: {
                role: { type: "string", enum: ["assistant"] },
                content: { type: "string", nullable: true },
                reasoning_content: { type: "string", description: "The model's thinking, where it is shown." },
                tool_calls: { type: "array", items: { type: "object" } },
              },
            },
            finish_reason: { type: "string", enum: ["stop", "length", "tool_calls", "content_filter"] },
          },
        },
      },
      usage: { $ref: "#/components/schemas/Usage" },
    },
  },
  Usage: {
    type: "object",
    properties: {
      prompt_tokens: { type: "integer" },
      completion_tokens: { type: "integer" },
      total_tokens: { type: "integer" },
      prompt_tokens_details: { type: "object", properties: { cached_tokens: { type: "integer" } } },
      completion_tokens_details: { type: "object", properties: { reasoning_tokens: { type: "integer" } } },
    },
  },
  Model: {
    type: "object",
    properties: {
      id: { type: "string" },
      object: { type: "string", enum: ["model"] },
      created: { type: "integer" },
      owned_by: { type: "string" },
    },
  },
};

const json = (name: string) => ({ "application/json": { schema: { $ref: `#/components/schemas/${name}` } } });

/** What can go wrong, by status; the `code` of the body says it exactly. */
const refusals: Operation["responses"] = Object.fromEntries(
  Object.entries({
    400: "The request is malformed; `param` names the field.",
    401: "No key, or one that is unknown, expired, revoked or disabled; `code` says which.",
    403: "This key may not do that.",
    404: "There is no such model.",
    413: "The body is too large.",
    429: "Too many requests, or a budget is used up; `Retry-After` says when to come back.",
    502: "The upstream failed.",
    503: "The gateway or the upstream cannot serve at the moment.",
    504: "The upstream fell silent.",
  }).map(([status, description]) => [status, { description, content: json("Error") }]),
);

const chatCompletions: Operation = {
  tags: ["Chat"],
  summary: "Answer a conversation",
  operationId: "createChatCompletion",
  parameters: [
    {
      in: "header",
      name: "x-think-tags-mode",
      description: "How the model's thinking is shown in this answer.",
      schema: { type: "string", enum: ["reasoning", "think", "pure", "raw", "strip", "hide"] },
    },
  ],
  requestBody: { required: true, content: json("ChatRequest") },
  responses: {
    200: {
      description: "The answer: one JSON body, or, with `stream: true`, events that end with `data: [DONE]`.",
      content: { ...json("ChatCompletion"), "text/event-stream": { schema: { type: "string" } } },
    },
    ...refusals,
  },
};

const listModels: Operation = {
  tags: ["Models"],
  summary: "List the models",
  operationId: "listModels",
  responses: {
    200: {
      description: "Every name that can be asked for.",
      content: {
        "application/json": {
          schema: {
            type: "object",
            properties: {
              object: { type: "string", enum: ["list"] },
              data: { type: "array", items: { $ref: "#/components/schemas/Model" } },
            },
          },
        },
      },
    },
    401: refusals[401]!,
  },
};

const oneModel: Operation = {
  tags: ["Models"],
  summary: "One model",
  operationId: "retrieveModel",
  parameters: [{ in: "path", name: "model", required: true, schema: { type: "string" }, example: "glm-4.7" }],
  responses: {
    200: { description: "The model.", content: json("Model") },
    401: refusals[401]!,
    404: refusals[404]!,
  },
};

const budget = {
  tokens: { used: 120_400, limit: 1_000_000, left: 879_600 },
  usd: { used: 0.31, limit: null, left: null },
  begins_anew_at: "2026-12-01T00:00:00.000Z",
};

const ownKey: Operation = {
  tags: ["Keys"],
  summary: "What is left of my key?",
  description: "Its limits, what is left of its budgets, when it expires, and when the secret of this request retires.",
  operationId: "getOwnKey",
  responses: {
    200: {
      description: "The key that asks.",
      content: {
        "application/json": {
          example: {
            object: "key",
            name: "pilot-agent",
            rights: ["inference"],
            models: ["glm-4.5*"],
            expires_at: null,
            secret_retires_at: null,
            requests_per_minute: 60,
            tokens_per_minute: null,
            in_flight: { limit: 2, now: 0 },
            budgets: { day: budget, week: budget, month: budget },
          },
        },
      },
    },
  },
};

const health: Operation = {
  tags: ["Watching"],
  summary: "Is the process alive?",
  operationId: "health",
  security: [],
  responses: {
    200: {
      description: "It is.",
      content: { "application/json": { example: { status: "ok", service: "zgate" } } },
    },
  },
};

const ready: Operation = {
  tags: ["Watching"],
  summary: "Can it serve?",
  operationId: "ready",
  security: [],
  responses: {
    200: { description: "It can.", content: { "application/json": { example: { status: "ok" } } } },
    503: { description: "It cannot; the body says what is missing.", content: { "application/json": {} } },
  },
};
