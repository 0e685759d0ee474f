import { modelsUrl, requestHeaders } from "../address.ts";
import type { Dialect } from "../upstream.ts";
import { chat } from "./chat.ts";
import { failure } from "./failure.ts";
import { completions, embeddings } from "./further.ts";

/** Anything that speaks plain Chat Completions. Its models are its own business: every name is passed on. */
export const openai: Dialect = {
  name: "openai",
  models: [],
  resolve: (asked) => ({ id: asked, name: asked }),
  chat,
  completions,
  embeddings,
  formats: "schema",
  failure,
  modelList: ({ url, token }) => ({
    method: "GET",
    url: modelsUrl(url),
    headers: requestHeaders(token, "application/json"),
    body: null,
  }),
};
