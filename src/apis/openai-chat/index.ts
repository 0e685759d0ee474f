import { type ChatAsk, type ThinkMode, thinkModes } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import { isObject, parseBody } from "../json.ts";
import { check } from "./check.ts";
import { readThinking } from "./thinking.ts";

export { failure } from "./failure.ts";

/** What stands in for words that the client left out. */
export interface ChatDefaults {
  model: string;
  stream: boolean;
  thinkMode: ThinkMode;
}

/** The last event of every whole stream. */
export const finalFrame = "data: [DONE]\n\n";

/** Reads and checks a Chat Completions request. Throws `invalid_json` or `invalid_request`. */
export function readAsk(bytes: Uint8Array, headers: Headers, defaults: ChatDefaults): ChatAsk {
  const body = parseBody(bytes);
  check(body);
  return {
    body,
    bytes,
    model: body.model ?? defaults.model,
    stream: body.stream ?? defaults.stream,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    thinkMode: readThinkMode(headers) ?? defaults.thinkMode,
    ...readThinking(body, headers),
  };
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
