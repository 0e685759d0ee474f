import { completeCalls } from "~/chat/calls.ts";
import type { ChatCompletion } from "~/chat/chat.ts";
import { editJson } from "~/chat/edit.ts";
import { splitMessageThinking } from "~/chat/think-tags.ts";
import { completionsUrl, requestHeaders } from "../address.ts";
import { announcedButMissing } from "../refusal.ts";
import type { Door } from "../upstream.ts";
import { requestEdits } from "./request.ts";
import { editStream, finishReason } from "./stream.ts";

/** Chat Completions as Z.ai speaks them: a copy with edits in both directions. */
export const chat: Door = {
  alwaysStreams: false,

  ask({ ask, model, target }) {
    return {
      method: "POST",
      url: completionsUrl(target.url),
      headers: requestHeaders(target.token, ask.stream ? "text/event-stream" : "application/json"),
      body: editJson(ask.bytes, ask.body, requestEdits(ask, model.id)),
    };
  },

  stream: editStream,

  completion(text, { id, created, ask, target }) {
    const completion = JSON.parse(text) as ChatCompletion;
    const choices = completion.choices.map((choice) => {
      const { tool_calls, ...said } = choice.message;
      const calls = completeCalls(tool_calls, id);
      const finish_reason = finishReason(choice.finish_reason, target.upstream);
      if (finish_reason === "tool_calls" && !calls) throw announcedButMissing(target.upstream);
      const message = {
        content: null,
        refusal: null,
        ...splitMessageThinking(said),
        ...(calls && { tool_calls: calls }),
      };
      return {
        logprobs: null,
        ...choice,
        message,
        finish_reason: calls && finish_reason === "stop" ? "tool_calls" : finish_reason,
      };
    });
    const { request_id: _, ...rest } = completion;
    return JSON.stringify({ ...rest, id, object: "chat.completion", created, model: ask.model, choices });
  },
};
