import { editJson } from "~/chat/edit.ts";
import { parseSaid } from "~/wire/said.ts";
import { editEvents, type SseEvent } from "~/wire/sse.ts";
import { requestHeaders } from "../address.ts";
import type { Door, Telling } from "../upstream.ts";
import { doorUrl, hasDoors, requireAble } from "./doors.ts";
import { failure } from "./failure.ts";

/**
 * OpenAI's Responses as Z.ai speaks them itself. Nothing is kept there: what a request refers to, zgate has put into it.
 * https://docs.z.ai/guides/llm/glm-5.3
 */
export const responses: Door = {
  alwaysStreams: false,
  isAt: hasDoors,

  ask({ ask, model, target }) {
    requireAble(ask.body, model.id);
    const { body, sent } = ask.own!;
    return {
      method: "POST",
      url: doorUrl(target.url, "v1/responses"),
      headers: requestHeaders(target.token, ask.stream ? "text/event-stream" : "application/json"),
      body: editJson(sent, body, { model: model.id, store: false, previous_response_id: undefined }),
    };
  },

  passes: ({ ask, model }) => model.id === ask.model,
  stream: (next, telling) => editEvents(next, (event) => next.take(edit(event, telling))),

  completion(text, { ask, model }) {
    return model.id === ask.model ? text : JSON.stringify({ ...JSON.parse(text), model: ask.model });
  },
};

// Only events that hold the Response name the model; the others pass unparsed.
const edited = /"response"\s*:\s*\{|"type"\s*:\s*"(error|response\.failed)"/;

function edit(event: SseEvent, { ask, target }: Telling): SseEvent {
  if (!edited.test(event.data)) return event;
  const said = parseSaid(event.data) as { type?: string; response?: object };
  if (said.type === "error" || said.type === "response.failed") {
    throw failure({ ...inStream, text: event.data, target });
  }
  if (said.response === undefined) return event;
  return { ...event, data: JSON.stringify({ ...said, response: { ...said.response, model: ask.model } }) };
}

const inStream = { status: 200, contentType: "application/json", at: 0, hasMedia: false, baseIsDefault: false };
