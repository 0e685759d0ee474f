import { type ChatAsk, type ThinkMode, thinkModes } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import { isLarge, type Sent } from "~/wire/json.ts";
import type { Api, Defaults } from "../api.ts";
import { withoutBlanks } from "../house.ts";
import { isObject, parseBody } from "../json.ts";
import { checkResponses } from "../openai-responses/check.ts";
import type { Item } from "../openai-responses/memory.ts";
import { toChat } from "../openai-responses/request.ts";
import { findUntold } from "../openai-responses/untold.ts";
import { check } from "./check.ts";
import { failure } from "./failure.ts";
import { own } from "./own.ts";
import { tell, tellWhole } from "./tell.ts";
import { readThinking } from "./thinking.ts";

/** OpenAI's Chat Completions: the house language itself. */
export const chat: Api = { name: "chat", failure, read, translation: { tell, tellWhole }, own };

function read(sent: Sent, headers: Headers, defaults: Defaults): ChatAsk {
  const said = parseBody(sent);
  const isForeign = said.messages === undefined && said.input !== undefined;
  const body = isForeign ? inChat(said, defaults) : said;
  check(body);
  return {
    body,
    sent: isForeign ? null : sent,
    isLarge: isLarge(sent),
    own: null,
    untold: null,
    model: body.model ?? defaults.model,
    stream: body.stream ?? defaults.stream,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    thinkMode: readThinkMode(headers) ?? defaults.thinkMode,
    ...readThinking(body, headers),
  };
}

/** Cursor's agent sends the body of Responses to this address, and reads a chat's answer. */
function inChat(said: Record<string, unknown>, defaults: Defaults): Record<string, unknown> {
  checkResponses(said);
  const untold = findUntold(said);
  if (untold !== null) throw untold;
  const model = typeof said.model === "string" ? said.model : defaults.model;
  const items = typeof said.input === "string" ? [{ role: "user", content: said.input }] : (said.input as Item[]);
  return { ...toChat(said, model, items, 0), ...withoutBlanks({ stream_options: said.stream_options }) };
}

function readThinkMode(headers: Headers): ThinkMode | null {
  const wanted = headers.get("x-think-tags-mode");
  if (wanted === null || wanted.trim() === "") return null;
  const mode = thinkModes.find((known) => known === wanted.trim().toLowerCase());
  if (!mode) {
    throw new GatewayError("invalid_request", `The header X-Think-Tags-Mode must be one of ${thinkModes.join(", ")}`, {
      param: "x-think-tags-mode",
    });
  }
  return mode;
}
