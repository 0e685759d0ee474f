import type { ChatCompletion } from "~/chat/chat.ts";
import { parseChunk } from "~/chat/chunk.ts";
import { editJson } from "~/chat/edit.ts";
import { editEvents, type SseEvent, untilDone } from "~/wire/sse.ts";
import { completionsUrl, requestHeaders } from "../address.ts";
import type { Door, Telling } from "../upstream.ts";
import { failure } from "./failure.ts";

/** Plain Chat Completions: the house language itself, so only the model's name is ever edited. */
export const chat: Door = {
  alwaysStreams: false,

  ask({ ask, model, target }) {
    const options = (ask.body.stream_options ?? {}) as Record<string, unknown>;
    const changes = {
      model: model.id,
      stream: ask.stream || ask.body.stream !== undefined ? ask.stream : undefined,
      // Rows need the usage of every stream; the chunk is taken out again where the client did not ask for it.
      stream_options: ask.stream && !ask.includeUsage ? { ...options, include_usage: true } : ask.body.stream_options,
    };
    return {
      method: "POST",
      url: completionsUrl(target.url),
      headers: requestHeaders(target.token, ask.stream ? "text/event-stream" : "application/json"),
      body: editJson(ask.bytes, ask.body, changes),
    };
  },

  passes: ({ ask, model }) => model.id === ask.model,

  stream: (events, telling) => editEvents(untilDone(events), (event) => rename(event, telling)),

  completion(text, { ask, model }) {
    if (model.id === ask.model) return text;
    return JSON.stringify({ ...(JSON.parse(text) as ChatCompletion), model: ask.model });
  },
};

function rename(event: SseEvent, { ask, target }: Telling): SseEvent[] {
  const chunk = parseChunk(event.data);
  if (chunk === null) return [];
  if (chunk.error !== undefined) throw failure({ ...inStream, text: event.data, target });
  const choices = chunk.choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason ?? null }));
  return [{ data: JSON.stringify({ ...chunk, model: ask.model, choices }) }];
}

const inStream = { status: 200, contentType: "application/json", at: 0, hasMedia: false, baseIsDefault: false };
