import { readUsage } from "~/chat/usage.ts";
import type { Sent } from "~/wire/json.ts";
import { inBytes, usually } from "~/wire/marks.ts";
import type { Api, Defaults } from "../api.ts";
import { nothing } from "../glimpse.ts";
import { houseAsk } from "../house.ts";
import { invalid, isObject, parseBody } from "../json.ts";
import { failure } from "../openai-chat/failure.ts";
import { boolean, checkFields, isString, modelName, object, rules, tokenCount } from "../rules.ts";

/**
 * OpenAI's old Completions, only where the upstream has them itself: a prompt that a model goes on with is no chat, and
 * nothing is made up. https://platform.openai.com/docs/api-reference/completions
 */
export const completions: Api = {
  name: "completions",
  failure,
  read,
  translation: null,
  own: {
    notable: /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:|\[DONE\]/,
    marks: inBytes(...usually("finish_reason", '"'), ...usually("usage", "{"), ...usually("error", ""), "[DONE]"),
    final: "data: [DONE]\n\n",

    glimpse({ data }) {
      if (data === "[DONE]") return { ...nothing, isFinal: true };
      return data.startsWith("{") ? look(data) : null;
    },

    glimpseWhole: look,
  },
};

function read(sent: Sent, _headers: Headers, defaults: Defaults) {
  const body = parseBody(sent);
  checkFields(body, fields);
  if (body.prompt === undefined || body.prompt === null) throw invalid("prompt", "is required");
  const stream = body.stream === true;
  const options = isObject(body.stream_options) ? body.stream_options : {};
  const content = isString(body.prompt) ? body.prompt : JSON.stringify(body.prompt);
  return {
    ...houseAsk({
      own: { body, sent },
      body: { messages: [{ role: "user", content }], max_tokens: body.max_tokens },
      model: isString(body.model) ? body.model : defaults.model,
      stream,
      thinking: null,
      effort: null,
    }),
    includeUsage: options.include_usage === true,
  };
}

const fields = rules({
  model: modelName,
  prompt: [(value) => isString(value) || Array.isArray(value), "must be a string or an array"],
  stream: boolean,
  stream_options: object,
  max_tokens: tokenCount,
});

function look(text: string) {
  const said: unknown = JSON.parse(text);
  if (!isObject(said)) return null;
  const choices = Array.isArray(said.choices) ? said.choices.filter(isObject) : [];
  return {
    ...nothing,
    saysSomething: choices.some(({ text }) => isString(text) && text !== ""),
    isFinished: choices.length > 0 && choices.every(({ finish_reason }) => isString(finish_reason)),
    tokens: readUsage(said.usage),
    isError: said.error !== undefined && said.error !== null,
    isUsageOnly: choices.length === 0 && isObject(said.usage),
  };
}
