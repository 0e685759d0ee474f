import { json, object, open, orNull, ref, type Schemas, text } from "./schema.ts";

export const errorSchemas: Schemas = {
  Error: object({
    error: object({
      message: text("What is wrong, for people"),
      type: text("", { examples: ["invalid_request_error"] }),
      param: orNull(text("The field at fault", { examples: ["messages[0].role"] })),
      code: orNull(text("What is wrong, for programs", { examples: ["model_not_found"] })),
    }),
  }),
  AnthropicError: object({
    type: text("", { const: "error" }),
    error: open({ type: text("", { examples: ["not_found_error"] }), message: text() }, ["type", "message"]),
  }),
};

/** What a status means, wherever it comes. */
const meanings = {
  400: "The request is malformed; `error.param` names the field.",
  401: "No key, or one that is unknown, expired, revoked or switched off.",
  403: "This key may not do that, not with this model, or not from this address.",
  404: "There is nothing of that name.",
  409: "It clashes with how things are; the message says how to go on.",
  413: "The body is too large.",
  429: "Too many requests, or a budget is used up; `Retry-After` says when to come back.",
  501: "The upstream has no such API, and zgate makes none up.",
  502: "The upstream failed or refused.",
  503: "Paused, starting, stopping, overloaded, or the disk fails; `Retry-After` says when to come back.",
  504: "The upstream fell silent.",
} as const;

type Status = keyof typeof meanings;

/** Answers that say no, in the words of an API. */
export function refusals(statuses: readonly Status[], schema = "Error") {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: meanings[status], content: json(ref(schema)) }]),
  );
}

/** What can go wrong where a model is asked. */
export const askingModels: readonly Status[] = [400, 401, 403, 404, 413, 429, 502, 503, 504];
