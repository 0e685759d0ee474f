import type { Sink } from "~/wire/sink.ts";
import type { SseEvent } from "~/wire/sse.ts";
import type { ChatChoice, ChatChunk, ChatCompletion, ChatDelta, ToolCall } from "./chat.ts";

/** Gathers a stream of chunks into the completion that the upstream would have given in one piece; null where none came. */
export function collect(done: (completion: ChatCompletion | null) => void): Sink<SseEvent> {
  let completion: ChatCompletion | null = null;
  return {
    take({ data }) {
      const chunk = JSON.parse(data) as ChatChunk;
      completion ??= { ...chunk, object: "chat.completion", choices: [] };
      if (chunk.usage) completion.usage = chunk.usage;
      for (const { index, delta, finish_reason } of chunk.choices) {
        completion.choices[index] ??= emptyChoice(index);
        const choice = completion.choices[index];
        if (finish_reason !== null) choice.finish_reason = finish_reason;
        addDelta(choice.message, delta);
      }
    },
    end() {
      for (const { message } of completion?.choices ?? []) if (message.content === "") message.content = null;
      done(completion);
    },
  };
}

function emptyChoice(index: number): ChatChoice {
  // OpenAI's own schema wants `refusal` and `logprobs` present, null or not.
  return { index, message: { role: "assistant", content: "", refusal: null }, logprobs: null, finish_reason: null };
}

function addDelta(message: ChatDelta, delta: ChatDelta): void {
  for (const [field, value] of Object.entries(delta)) {
    if (field === "role" || value === null) continue;
    if (field === "tool_calls") addToolCalls(message, value as ToolCall[]);
    else if (typeof value === "string") message[field] = ((message[field] as string | null | undefined) ?? "") + value;
    else message[field] = value;
  }
}

function addToolCalls(message: ChatDelta, fragments: ToolCall[]): void {
  message.tool_calls ??= [];
  for (const { index = 0, ...fragment } of fragments) {
    message.tool_calls[index] ??= { id: "", type: "function", function: { name: "", arguments: "" } };
    const call = message.tool_calls[index];
    if (fragment.id) call.id = fragment.id;
    if (fragment.function?.name) call.function!.name = fragment.function.name;
    call.function!.arguments += fragment.function?.arguments ?? "";
  }
}
