import { type ChatModel, chatModels, findModel } from "~/chat/models.ts";
import { modelsUrl, requestHeaders } from "../address.ts";
import type { Dialect, UpstreamModel } from "../upstream.ts";
import { chat } from "./chat.ts";
import { failure } from "./failure.ts";
import { countTokens, messages } from "./messages.ts";
import { responses } from "./responses.ts";
import { transcription } from "./transcription.ts";

/** The official Z.ai API (and bigmodel.cn, which speaks the same): https://docs.z.ai/api-reference */
export const zai: Dialect = {
  name: "zai",
  models: chatModels.map(told),
  resolve: (asked) => {
    const model = findModel(asked);
    return model && told(model);
  },
  chat,
  messages,
  count_tokens: countTokens,
  responses,
  formats: "object",
  failure,
  modelList: ({ url, token }) => ({
    method: "GET",
    url: modelsUrl(url),
    headers: requestHeaders(token, "application/json"),
    body: null,
  }),
  transcription,
};

function told({ id, media }: ChatModel): UpstreamModel {
  return { id, name: id, media };
}
