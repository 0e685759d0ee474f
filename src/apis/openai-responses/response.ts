import type { ChatAsk, FinishReason, Usage } from "~/chat/chat.ts";
import type { Stamp } from "../api.ts";
import { bareId } from "../calls.ts";
import { isObject } from "../json.ts";

interface Told {
  model: string;
  stamp: Stamp;
  status: "in_progress" | "completed" | "incomplete" | "failed";
  ask?: ChatAsk;
  output?: object[];
  usage?: Usage | null;
  incomplete?: string | null;
  error?: { code: string; message: string } | null;
}

/**
 * A Response. What the client said is echoed where it is short; its instructions and tools, which an agent's request is
 * nearly all made of, are not repeated in each of the events that hold a Response.
 */
export function responseObject({ model, stamp, status, ask, output = [], usage, incomplete, error }: Told) {
  const asked = ask?.own?.body ?? {};
  const { temperature = null, top_p = null, max_output_tokens = null, metadata = {}, text, tool_choice } = asked;
  return {
    id: stamp.id === "" ? "" : `resp_${bareId(stamp)}`,
    object: "response",
    created_at: stamp.created,
    status,
    background: false,
    error: error ?? null,
    incomplete_details: incomplete ? { reason: incomplete } : null,
    instructions: null,
    max_output_tokens,
    model,
    output,
    parallel_tool_calls: asked.parallel_tool_calls !== false,
    previous_response_id: asked.previous_response_id ?? null,
    reasoning: { effort: isObject(asked.reasoning) ? (asked.reasoning.effort ?? null) : null, summary: null },
    store: asked.store !== false,
    temperature,
    text: isObject(text) && isObject(text.format) ? { format: text.format } : { format: { type: "text" } },
    tool_choice: tool_choice ?? "auto",
    tools: [],
    top_p,
    truncation: "disabled",
    usage: usage ? responseUsage(usage) : null,
    user: null,
    metadata,
  };
}

/** Why an answer is not complete; null where it is. */
export function incompleteReason(finish: FinishReason | null): string | null {
  if (finish === "length") return "max_output_tokens";
  return finish === "content_filter" ? "content_filter" : null;
}

function responseUsage(usage: Usage) {
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens,
    ...(usage.estimated === true && { estimated: true }),
  };
}

/** What an answer is made of, each with the id by which a later request may name it. */
export function reasoningItem(id: string, text: string) {
  return { id, type: "reasoning", summary: [{ type: "summary_text", text }] };
}

export function messageItem(id: string, text: string, status: "completed" | "incomplete") {
  const part = { type: "output_text", text, annotations: [], logprobs: [] };
  return { id, type: "message", status, role: "assistant", content: [part] };
}

export function callItem(call: Called, text: string, status: string) {
  const { id, callId, name, namespace } = call;
  return { id, type: "function_call", status, arguments: text, call_id: callId, name, ...(namespace && { namespace }) };
}

/** A call as its client knows the function. */
interface Called {
  id: string;
  callId: string;
  name: string;
  namespace?: string;
}
