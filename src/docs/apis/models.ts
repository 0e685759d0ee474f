import { refusals } from "../refusals.ts";
import { flag, json, list, moment, object, open, orNull, ref, type Schemas, text, whole } from "../schema.ts";

/** The model list in OpenAI's shape, with Anthropic's fields beside it. */
export const modelSchemas: Schemas = {
  Model: object(
    {
      id: text("What `model` is set to"),
      object: text("", { const: "model" }),
      created: whole("Seconds since 1970"),
      owned_by: text(),
      type: text("", { const: "model" }),
      display_name: text(),
      created_at: moment(),
      context_length: whole("Tokens, asked and answered"),
      context_window: whole("The same, by another name"),
      max_output_tokens: whole(),
      max_completion_tokens: whole("The same, by another name"),
      architecture: object({
        input_modalities: list(text("", { examples: ["text", "image", "video", "document", "audio"] })),
        output_modalities: list(text()),
      }),
      supported_parameters: list(text()),
      pricing: open({
        prompt: text("US dollars a token"),
        completion: text("US dollars a token"),
        input_cache_read: text("US dollars a token"),
      }),
    },
    [
      "context_length",
      "context_window",
      "max_output_tokens",
      "max_completion_tokens",
      "architecture",
      "supported_parameters",
      "pricing",
    ],
  ),
  ModelList: object({
    object: text("", { const: "list" }),
    data: list(ref("Model")),
    has_more: flag(),
    first_id: orNull(text()),
    last_id: orNull(text()),
  }),
};

const listModels = {
  tags: ["Models"],
  summary: "List the models",
  description: "Without a key as well, unless the gateway's `MODELS_PUBLIC` is false.",
  responses: {
    200: { description: "Every name that can be asked for.", content: json(ref("ModelList")) },
    ...refusals([401, 403]),
  },
};

const oneModel = {
  tags: ["Models"],
  summary: "One model",
  parameters: [{ in: "path" as const, name: "model", required: true, schema: text(), example: "glm-4.7" }],
  responses: {
    200: { description: "The model.", content: json(ref("Model")) },
    ...refusals([401, 403, 404]),
  },
};

export const modelPaths = {
  "/v1/models": { get: { ...listModels, operationId: "listModels" } },
  "/v1/models/{model}": { get: { ...oneModel, operationId: "retrieveModel" } },
  "/anthropic/v1/models": { get: { ...listModels, operationId: "listModelsBelowAnthropic" } },
  "/anthropic/v1/models/{model}": { get: { ...oneModel, operationId: "retrieveModelBelowAnthropic" } },
};
