import { completeCalls } from "~/chat/calls.ts";
import type { ChatCompletion, ChatRequest } from "~/chat/chat.ts";
import { editAsk } from "~/chat/edit.ts";
import { splitMessageThinking } from "~/chat/think-tags.ts";
import { demandsCall } from "~/chat/tools.ts";
import { completionsUrl, requestHeaders } from "../address.ts";
import { finishReason, wrongEnd } from "../finish.ts";
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
      body: editAsk(ask, changes),
    };
  },

  // Where tools may be called, what upstreams get wrong about that is put right on the way.
  passes: ({ ask, model }) => model.id === ask.model && !offersTools(ask.body),

  stream: editStream,

  completion(text, { ask, model, target, id }) {
    const isAsSaid = model.id === ask.model && !offersTools(ask.body) && !notable.test(text);
    if (isAsSaid) return text;
    const completion = JSON.parse(text) as ChatCompletion;
    const choices = completion.choices.map((choice) => {
      const { tool_calls, ...said } = choice.message;
      const calls = completeCalls(tool_calls, `${id}${choice.index || ""}`);
      const finish_reason = finishReason(choice.finish_reason, target.upstream);
      const end = { reason: finish_reason, hasCalls: calls !== undefined, mustCall: demandsCall(ask.body) };
      const wrong = wrongEnd(end, target.upstream);
      if (wrong !== null) throw wrong;
      const message = { ...splitMessageThinking(said), ...(calls && { tool_calls: calls }) };
      return { ...choice, message, finish_reason: calls && finish_reason === "stop" ? "tool_calls" : finish_reason };
    });
    return JSON.stringify({ ...completion, model: ask.model, choices });
  },
};

/** Thinking in the text, and every end but the usual ones: what a whole answer is looked at for. */
const notable = /(<|\\u003c)\/?think>|"finish_reason"\s*:\s*"(?!(stop|length|content_filter|function_call)")/i;

const offersTools = ({ tools }: ChatRequest): boolean => Array.isArray(tools) && tools.length > 0;
