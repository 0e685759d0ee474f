import { refusals } from "../refusals.ts";
import { flag, json, list, moment, number, object, orNull, ref, type Schemas, text, whole } from "../schema.ts";

const amount = (of: string) => object({ used: number(of), limit: orNull(number()), left: orNull(number()) });

const budget = object({
  tokens: amount("Tokens"),
  usd: amount("US dollars"),
  begins_anew_at: moment(),
});

export const ownKeySchemas: Schemas = {
  OwnKey: object({
    object: text("", { const: "key" }),
    name: text(),
    rights: list(text()),
    models: orNull(list(text(), "Models it may use; null: all")),
    capture: flag("Whether what is said with this key is kept for a while, where its owner may read it"),
    expires_at: orNull(moment()),
    secret_retires_at: orNull(moment("When the secret of this very request dies: a new one was made")),
    requests_per_minute: orNull(whole()),
    tokens_per_minute: orNull(whole()),
    in_flight: object({ limit: orNull(whole()), now: whole() }),
    budgets: object({ day: budget, week: budget, month: budget }),
  }),
};

export const getOwnKey = {
  tags: ["Models"],
  summary: "What is left of my key?",
  description: "Its limits, what is left of its budgets, when it expires, and when the secret of this request retires.",
  operationId: "getOwnKey",
  responses: {
    200: { description: "The key that asks.", content: json(ref("OwnKey")) },
    ...refusals([401, 403]),
  },
};
