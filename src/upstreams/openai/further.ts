import { editJson } from "~/chat/edit.ts";
import { parseSaid } from "~/wire/said.ts";
import { editEvents, type SseEvent } from "~/wire/sse.ts";
import { baseUrl, requestHeaders } from "../address.ts";
import type { Door, Telling } from "../upstream.ts";
import { failure } from "./failure.ts";

/** APIs that many plain upstreams have beside chat. Whoever lacks one says so himself. */
export const completions: Door = furtherDoor("completions");
export const embeddings: Door = furtherDoor("embeddings");

function furtherDoor(path: string): Door {
  return {
    alwaysStreams: false,

    ask({ ask, model, target }) {
      const { body, sent } = ask.own!;
      // Rows need the usage of every stream; it is taken out again where the client did not ask for it.
      const options = ask.stream ? { stream_options: { ...(body.stream_options as object), include_usage: true } } : {};
      return {
        method: "POST",
        url: `${baseUrl(target.url)}/${path}`,
        headers: requestHeaders(target.token, ask.stream ? "text/event-stream" : "application/json"),
        body: editJson(sent, body, { model: model.id, ...options }),
      };
    },

    passes: ({ ask, model }) => model.id === ask.model,
    stream: (next, telling) => editEvents(next, (event) => next.take(rename(event, telling))),

    completion(text, { ask, model }) {
      return model.id === ask.model ? text : JSON.stringify({ ...JSON.parse(text), model: ask.model });
    },
  };
}

function rename(event: SseEvent, { ask, target }: Telling): SseEvent {
  if (!event.data.startsWith("{")) return event;
  const said = parseSaid(event.data) as Record<string, unknown>;
  if (said.error) throw failure({ ...inStream, text: event.data, target });
  return { ...event, data: JSON.stringify({ ...said, model: ask.model }) };
}

const inStream = { status: 200, contentType: "application/json", at: 0, hasMedia: false, baseIsDefault: false };
