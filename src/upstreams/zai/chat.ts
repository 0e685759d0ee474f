import type { ChatCompletion, ToolCall } from "~/chat/chat.ts";
import { editJson } from "~/chat/edit.ts";
import { completionsUrl, requestHeaders } from "../address.ts";
import type { Door } from "../upstream.ts";
import { announcedButMissing } from "./failure.ts";
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

  completion(text, telling) {
    const completion = JSON.parse(text) as ChatCompletion;
    const choices = completion.choices.map((choice) => {
      const calls = choice.message.tool_calls;
      const finish_reason = finishReason(choice.finish_reason, telling.target.upstream);
      if (finish_reason === "tool_calls" && !calls?.length) throw announcedButMissing(telling.target.upstream);
      const { tool_calls: _, ...rest } = choice.message;
      const message = {
        content: null,
        refusal: null,
        ...rest,
        ...(calls?.length && { tool_calls: calls.map(wholeCall) }),
      };
      return { logprobs: null, ...choice, message, finish_reason };
    });
    const { request_id: _, ...rest } = completion;
    const { id, created, ask } = telling;
    return JSON.stringify({ ...rest, id, object: "chat.completion", created, model: ask.model, choices });
  },
};

// The wire says a JSON text; the documentation shows an object, and a call without arguments comes as "".
function wholeCall(call: ToolCall): ToolCall {
  const said: unknown = call.function?.arguments;
  const text = typeof said === "string" ? said : JSON.stringify(said ?? {});
  return { ...call, type: "function", function: { ...call.function, arguments: text.trim() === "" ? "{}" : text } };
}
