import { chatModels, findModel } from "~/chat/models.ts";
import { modelsUrl, requestHeaders } from "../address.ts";
import type { Dialect } from "../upstream.ts";
import { chat } from "./chat.ts";
import { failure } from "./failure.ts";
import { countTokens, messages } from "./messages.ts";
import { responses } from "./responses.ts";

/** The official Z.ai API (and bigmodel.cn, which speaks the same): https://docs.z.ai/api-reference */
export const zai: Dialect = {
  name: "zai",
  models: chatModels.map(({ id }) => ({ id, name: id })),
  resolve: (asked) => {
    const model = findModel(asked);
    return model && { id: model.id, name: model.id };
  },
  chat,
  messages,
  count_tokens: countTokens,
  responses,
  failure,
  modelList: ({ url, token }) => ({
    method: "GET",
    url: modelsUrl(url),
    headers: requestHeaders(token, "application/json"),
    body: null,
  }),
};
