import type { ElysiaSwaggerConfig } from "@elysiajs/swagger";
import { adminSchemas } from "~/admin/answers.ts";
import { reportSchemas } from "~/admin/report-answers.ts";
import { chatSchemas, createChatCompletion } from "./apis/chat.ts";
import { messagesPaths, messagesSchemas } from "./apis/messages.ts";
import { modelPaths, modelSchemas } from "./apis/models.ts";
import { createCompletion, createEmbedding, olderSchemas } from "./apis/older.ts";
import { getOwnKey, ownKeySchemas } from "./apis/own-key.ts";
import { createResponse, responsesSchemas } from "./apis/responses.ts";
import { health, ready } from "./apis/watching.ts";
import { errorSchemas } from "./refusals.ts";

type Documentation = NonNullable<ElysiaSwaggerConfig["documentation"]>;

/**
 * What routes cannot say of themselves: the gateway's answers are streams and other people's JSON. The admin API's
 * routes describe themselves, and find the names of their answers here.
 */
export function documentation(version: string, basePath: string): Documentation {
  return {
    // 3.1 has `null` among its types.
    openapi: "3.1.0",
    info: {
      title: "zgate",
      version,
      description:
        "A gateway that lets OpenAI and Anthropic clients use Z.ai's GLM models. An OpenAI client's base URL is this " +
        "address with `/v1`, an Anthropic client's this address alone. Fields that are not described ride along to the " +
        "upstream. **Authorize** takes a key: a client key for the first three groups, one with the right `admin` or " +
        "`reports` for the last two.",
    },
    servers: [{ url: basePath || "/", description: "this gateway" }],
    tags: [
      { name: "OpenAI", description: "What OpenAI clients speak" },
      { name: "Anthropic", description: "What Anthropic clients speak" },
      { name: "Models", description: "What can be asked for, and what is left of a key" },
      { name: "Watching", description: "For monitors" },
      { name: "Reports", description: "What the dashboard shows: a key with the right `reports`" },
      { name: "Admin", description: "What the dashboard does: a key with the right `admin`" },
    ],
    security: [{ bearer: [] }, { apiKey: [] }],
    components: {
      securitySchemes,
      schemas: {
        ...errorSchemas,
        ...chatSchemas,
        ...responsesSchemas,
        ...messagesSchemas,
        ...olderSchemas,
        ...modelSchemas,
        ...ownKeySchemas,
        ...reportSchemas,
        ...adminSchemas,
      },
    },
    paths: {
      "/v1/chat/completions": { post: createChatCompletion },
      "/v1/responses": { post: createResponse },
      "/v1/completions": { post: createCompletion },
      "/v1/embeddings": { post: createEmbedding },
      ...messagesPaths,
      ...modelPaths,
      "/v1/key": { get: getOwnKey },
      "/health": { get: health },
      "/ready": { get: ready },
    },
  };
}

const securitySchemes: NonNullable<Documentation["components"]>["securitySchemes"] = {
  bearer: { type: "http", scheme: "bearer", description: "A key of this gateway." },
  apiKey: {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "The same key, as Anthropic clients send it.",
  },
};
