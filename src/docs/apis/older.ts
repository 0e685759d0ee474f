import { askingModels, refusals } from "../refusals.ts";
import { anyOf, flag, json, list, number, open, ref, type Schemas, text, whole } from "../schema.ts";

/** Completions and embeddings: where the upstream has them. */
export const olderSchemas: Schemas = {
  CompletionRequest: open(
    { model: text(), prompt: anyOf(text(), list({})), stream: flag(), max_tokens: whole(undefined, { minimum: 1 }) },
    ["prompt"],
  ),
  Completion: open(
    {
      id: text(),
      object: text("", { const: "text_completion" }),
      model: text(),
      choices: list(open({ text: text() })),
    },
    ["object", "choices"],
  ),
  EmbeddingRequest: open(
    { model: text(), input: anyOf(text(), list({})), dimensions: whole(undefined, { minimum: 1 }) },
    ["model", "input"],
  ),
  EmbeddingList: open(
    {
      object: text("", { const: "list" }),
      model: text(),
      data: list(open({ index: whole(), embedding: list(number()) })),
    },
    ["object", "data"],
  ),
};

export const createCompletion = {
  tags: ["OpenAI"],
  summary: "Go on with a text (older completions)",
  operationId: "createCompletion",
  requestBody: { required: true, content: json(ref("CompletionRequest"), { model: "glm-4.7", prompt: "Once upon" }) },
  responses: {
    200: {
      description: "The text: one JSON body, or events with `stream: true`.",
      content: { ...json(ref("Completion")), "text/event-stream": { schema: text() } },
    },
    ...refusals([...askingModels, 501]),
  },
};

export const createEmbedding = {
  tags: ["OpenAI"],
  summary: "Embed texts",
  operationId: "createEmbedding",
  requestBody: { required: true, content: json(ref("EmbeddingRequest"), { model: "embedding-3", input: "the tide" }) },
  responses: {
    200: { description: "One vector for each text.", content: json(ref("EmbeddingList")) },
    ...refusals([...askingModels, 501]),
  },
};
