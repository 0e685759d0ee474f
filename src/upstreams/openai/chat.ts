import { completeCalls } from "~/chat/calls.ts";
import type { ChatCompletion, ChatRequest } from "~/chat/chat.ts";
import { editJson } from "~/chat/edit.ts";
import { splitMessageThinking } from "~/chat/think-tags.ts";
import { completionsUrl, requestHeaders } from "../address.ts";
import { announcedButMissing } from "../refusal.ts";
import type { Door } from "../upstream.ts";
import { editStream } from "./stream.ts";

/** Plain Chat Completions: the house language itself, so little is ever edited. */
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

  // Where tools may be called, what upstreams get wrong about that is put right on the way.
  passes: ({ ask, model }) => model.id === ask.model && !offersTools(ask.body),

  stream: editStream,

  completion(text, { ask, model, target, id }) {
    const isAsSaid = model.id === ask.model && !offersTools(ask.body) && !/(<|\\u003c)\/?think>/i.test(text);
    if (isAsSaid) return text;
    const completion = JSON.parse(text) as ChatCompletion;
    const choices = completion.choices.map((choice) => {
      const { tool_calls, ...said } = choice.message;
      const calls = completeCalls(tool_calls, `${id}${choice.index || ""}`);
      const { finish_reason } = choice;
      if (finish_reason === "tool_calls" && !calls) throw announcedButMissing(target.upstream);
      const message = { ...splitMessageThinking(said), ...(calls && { tool_calls: calls }) };
      return { ...choice, message, finish_reason: calls && finish_reason === "stop" ? "tool_calls" : finish_reason };
    });
    return JSON.stringify({ ...completion, model: ask.model, choices });
  },
};

const offersTools = ({ tools }: ChatRequest): boolean => Array.isArray(tools) && tools.length > 0;
