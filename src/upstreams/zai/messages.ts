import { editJson } from "~/chat/edit.ts";
import { findModel } from "~/chat/models.ts";
import { parseSaid } from "~/wire/said.ts";
import { editEvents, type SseEvent } from "~/wire/sse.ts";
import { requestHeaders } from "../address.ts";
import type { Door, Telling } from "../upstream.ts";
import { doorUrl, hasDoors, requireAble } from "./doors.ts";
import { failure } from "./failure.ts";

/**
 * Anthropic's Messages as Z.ai speaks them itself: thinking blocks, their signatures and cache marks survive, since only
 * the model's name is ever edited. https://docs.z.ai/devpack/tool/claude
 */
export const messages: Door = {
  alwaysStreams: false,
  isAt: hasDoors,
  ask(telling) {
    requireAble(telling.ask.body, telling.model.id);
    return askDoor(telling, "anthropic/v1/messages");
  },
  passes: ({ ask, model }) => model.id === ask.model,
  stream: (next, telling) => editEvents(next, (event) => next.take(edit(event, telling))),

  completion(text, { ask, model }) {
    return model.id === ask.model ? text : JSON.stringify({ ...JSON.parse(text), model: ask.model });
  },
};

/** How many tokens Z.ai itself counts. */
export const countTokens: Door = {
  alwaysStreams: false,
  isAt: hasDoors,
  ask: (telling) => askDoor(telling, "anthropic/v1/messages/count_tokens"),
  stream: (next) => next,
  completion: (text) => text,
};

function askDoor({ ask, model, target }: Telling, path: string) {
  const { body, sent } = ask.own!;
  const longest = findModel(model.id)?.maxOutput;
  const isTooLong = typeof body.max_tokens === "number" && longest !== undefined && body.max_tokens > longest;
  return {
    method: "POST" as const,
    url: doorUrl(target.url, path),
    headers: {
      ...requestHeaders(target.token, ask.stream ? "text/event-stream" : "application/json"),
      "anthropic-version": "2023-06-01",
    },
    body: editJson(sent, body, { model: model.id, max_tokens: isTooLong ? longest : body.max_tokens }),
  };
}

// Of all events only the first names the model, and only these two kinds are ever parsed.
const edited = /^\{\s*"type"\s*:\s*"(message_start|error)"|"type"\s*:\s*"message_start"/;

function edit(event: SseEvent, { ask, target }: Telling): SseEvent {
  if (event.event !== "error" && !edited.test(event.data)) return event;
  const said = parseSaid(event.data) as { type: string; message?: object };
  if (said.type === "error" || event.event === "error") {
    throw failure({ ...inStream, text: event.data, target });
  }
  return { ...event, data: JSON.stringify({ ...said, message: { ...said.message, model: ask.model } }) };
}

const inStream = { status: 200, contentType: "application/json", at: 0, hasMedia: false, baseIsDefault: false };
