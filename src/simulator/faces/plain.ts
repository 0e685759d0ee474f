import { json } from "../trouble.ts";
import type { Call } from "../words.ts";
import { readPrompt } from "./ask.ts";
import { type Face, type Frame, isRecord, recordsIn, type Subject } from "./face.ts";

/** A server of plain Chat Completions, as the OpenAI document has them. */
export const plain: Face = {
  name: "plain",
  check({ body }) {
    if (recordsIn(body.messages).length > 0) return null;
    const answer = plain.refusal({ status: 400, code: "invalid_request_error", message: "messages: field required" });
    return { violation: "no messages", answer };
  },
  prompt: ({ body }) => readPrompt(body, wantsThinking(body)),
  streams: ({ body }) => body.stream === true,
  frames(reply, ask) {
    const frames = [
      chunk(ask, "start", { role: "assistant", content: "" }),
      ...reply.thinking.map((text) => chunk(ask, "thinking", { reasoning_content: text })),
      ...reply.answer.map((text) => chunk(ask, "answer", { content: text })),
      ...reply.calls.map((call, index) => chunk(ask, "call", { tool_calls: [{ index, ...toolCall(call) }] })),
      chunk(ask, "finish", {}, reply.finish),
    ];
    const wantsUsage = isRecord(ask.body.stream_options) && ask.body.stream_options.include_usage === true;
    if (wantsUsage && reply.usage !== null) {
      frames.push({ part: "usage", data: JSON.stringify({ ...stem(ask), choices: [], usage: reply.usage }) });
    }
    return [...frames, { part: "done", data: "[DONE]" }];
  },
  whole(reply, ask) {
    const message = {
      role: "assistant",
      content: reply.calls.length > 0 ? null : reply.answer.join(""),
      refusal: null,
      ...(reply.thinking.length > 0 && { reasoning_content: reply.thinking.join("") }),
      ...(reply.calls.length > 0 && { tool_calls: reply.calls.map(toolCall) }),
    };
    return JSON.stringify({
      ...stem(ask),
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: reply.finish }],
      ...(reply.usage !== null && { usage: reply.usage }),
    });
  },
  refusal: ({ status, code, message }) => json(status, { error: { message, type: kindOf(status), param: null, code } }),
  inband: ({ code, message }) => ({
    part: "error",
    data: JSON.stringify({ error: { message, type: "server_error", param: null, code } }),
  }),
};

function wantsThinking({ reasoning_effort, enable_thinking, thinking }: Record<string, unknown>): boolean {
  if (isRecord(thinking)) return thinking.type === "enabled";
  return enable_thinking === true || (typeof reasoning_effort === "string" && reasoning_effort !== "none");
}

function chunk(ask: Subject, part: Frame["part"], delta: object, finish: string | null = null): Frame {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return { part, data: JSON.stringify({ ...stem(ask), choices }) };
}

function stem({ id, created, model }: Subject): object {
  return { id: `chatcmpl-${id}`, object: "chat.completion.chunk", created, model };
}

function toolCall(call: Call): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } };
}

function kindOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
