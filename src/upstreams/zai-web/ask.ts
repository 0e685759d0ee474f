import { createHash } from "node:crypto";
import type { ChatRequest } from "~/chat/chat.ts";
import { readToolWish } from "~/chat/tools.ts";
import { requireGivable } from "~/chat/ungiven.ts";
import { GatewayError } from "~/errors.ts";
import { ownUserAgent } from "~/wire/headers.ts";
import { writeJson } from "~/wire/json.ts";
import type { Outgoing, Target, Telling } from "../upstream.ts";
import { withContract } from "./contract.ts";
import { type WebMessage, webMessages } from "./messages.ts";
import { takesMedia, takesTools } from "./models.ts";

/**
 * The completion request of the web chat: a chat of its own for each call, thinking by the client's wish, and no title,
 * tag or search call of the site beside it. Always a stream: the site knows nothing else.
 */
export function askChat({ ask, model, target, id }: Telling, at: number): Outgoing {
  const seesMedia = takesMedia(model.id);
  requireGivable(ask.body);
  const body = {
    stream: true,
    chat_id: uuidFrom(`chat ${id} ${at}`),
    id: uuidFrom(`message ${id} ${at}`),
    model: model.id,
    messages: messagesOf(ask.body, model.id, target),
    params: paramsOf(ask.body),
    features: {
      image_generation: false,
      web_search: false,
      auto_web_search: false,
      preview_mode: seesMedia,
      flags: [],
      features: [],
      enable_thinking: ask.thinking ?? true,
    },
    background_tasks: { title_generation: false, tags_generation: false },
    mcp_servers: [],
    tool_servers: [],
    variables: variablesOf(target, at),
    model_item: { id: model.id, name: model.name, owned_by: "openai" },
  };
  return {
    method: "POST",
    url: target.url,
    headers: { ...headersFor(target), "content-type": "application/json", accept: "text/event-stream" },
    body: writeJson(body, ask.isLarge),
  };
}

/** The tools go in words: calls and results of earlier turns are there as words already. */
function messagesOf(request: ChatRequest, modelId: string, target: Target): WebMessage[] {
  const wish = readToolWish(request);
  if (wish && !takesTools(modelId)) {
    throw new GatewayError(
      "invalid_request",
      `'tools': ${modelId} calls no functions; GLM-4.5 and later text models do`,
      {
        param: "tools",
      },
    );
  }
  const messages = webMessages(request.messages, takesMedia(modelId), target);
  return wish ? withContract(messages, wish) : messages;
}

/** A nameless visitor's token: without `Authorization` the site makes a new guest for each call. */
export function askGuest(target: Target): Outgoing {
  return { method: "GET", url: `${rootOf(target)}/api/v1/auths/`, headers: headersFor({ token: null }), body: null };
}

export function readGuest(text: string): string | null {
  try {
    const token: unknown = JSON.parse(text)?.token;
    return typeof token === "string" && token !== "" ? token : null;
  } catch {
    return null;
  }
}

export function askModels(target: Target): Outgoing {
  return { method: "GET", url: `${rootOf(target)}/api/models`, headers: headersFor(target), body: null };
}

/** We say who we are: no browser's headers, no build number of the site's own page. */
function headersFor({ token }: { token: string | null }): Record<string, string> {
  const headers: Record<string, string> = {
    accept: "application/json",
    "user-agent": ownUserAgent,
  };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  return headers;
}

/** Where the site begins: its own host, or a look-alike's folder. */
function rootOf({ url }: Target): string {
  const root = url.replace(/\/api\/(v\d+\/)?chat\/completions\/?(\?.*)?$/, "");
  return root === url ? new URL(url).origin : root;
}

/** The client's own sampling; where it names none, the site's defaults hold. */
function paramsOf(request: ChatRequest): Record<string, number> {
  const limit = request.max_completion_tokens ?? request.max_tokens;
  const given = { temperature: request.temperature, top_p: request.top_p, max_tokens: limit };
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

/** What the site puts into its own prompt. The keys carry their braces. */
function variablesOf({ isGuest }: Target, at: number): Record<string, string> {
  const now = new Date(at);
  const [date = "", time = ""] = now.toISOString().slice(0, 19).split("T");
  return {
    "{{USER_NAME}}": isGuest ? "Guest" : "User",
    "{{USER_LOCATION}}": "Unknown",
    "{{USER_LANGUAGE}}": "en-US",
    "{{CURRENT_DATETIME}}": `${date} ${time}`,
    "{{CURRENT_DATE}}": date,
    "{{CURRENT_TIME}}": time,
    "{{CURRENT_WEEKDAY}}": weekdays[now.getUTCDay()]!,
    "{{CURRENT_TIMEZONE}}": "UTC",
  };
}

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** A name-based UUID (RFC 9562, version 8): the same answer never gets two, two attempts never share one. */
function uuidFrom(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
