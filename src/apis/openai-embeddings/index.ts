import { readUsage } from "~/chat/usage.ts";
import type { Sent } from "~/wire/json.ts";
import { inBytes } from "~/wire/marks.ts";
import type { Api, Defaults } from "../api.ts";
import { nothing } from "../glimpse.ts";
import { houseAsk } from "../house.ts";
import { invalid, isObject, parseBody } from "../json.ts";
import { failure } from "../openai-chat/failure.ts";
import { checkFields, isString, modelName, rules } from "../rules.ts";

/**
 * OpenAI's Embeddings, only where the upstream has them itself.
 * https://platform.openai.com/docs/api-reference/embeddings
 */
export const embeddings: Api = {
  name: "embeddings",
  failure,
  read,
  translation: null,
  own: {
    notable: /\[DONE\]/,
    marks: inBytes("[DONE]"),
    final: "",
    // An embedding never streams.
    glimpse: () => null,

    glimpseWhole(text) {
      const said: unknown = JSON.parse(text);
      if (!isObject(said)) return null;
      const usage = isObject(said.usage) ? { completion_tokens: 0, ...said.usage } : null;
      return { ...nothing, isFinished: Array.isArray(said.data), tokens: readUsage(usage), isError: !said.data };
    },
  },
};

function read(sent: Sent, _headers: Headers, defaults: Defaults) {
  const body = parseBody(sent);
  checkFields(body, fields);
  if (body.input === undefined || body.input === null) throw invalid("input", "is required");
  const content = isString(body.input) ? body.input : JSON.stringify(body.input);
  return houseAsk({
    own: { body, sent },
    body: { messages: [{ role: "user", content }] },
    model: isString(body.model) ? body.model : defaults.model,
    stream: false,
    thinking: null,
    effort: null,
  });
}

const fields = rules({
  model: modelName,
  input: [(value) => isString(value) || Array.isArray(value), "must be a string or an array"],
});
