import type { ChatChunkChoice, FinishReason, ToolCall } from "~/chat/chat.ts";
import { parseChunk } from "~/chat/chunk.ts";
import { GatewayError } from "~/errors.ts";
import { editEvents, type SseEvent, untilDone } from "~/wire/sse.ts";
import type { Telling } from "../upstream.ts";
import { announcedButMissing, failure } from "./failure.ts";

/**
 * Z.ai's chunks as OpenAI's clients want them: role once, `finish_reason` in every chunk, usage in a last chunk of its
 * own, our id and the name that was asked for.
 */
export function editStream(events: AsyncIterable<SseEvent[]>, telling: Telling): AsyncIterable<SseEvent[]> {
  return editEvents(untilDone(events), createEditor(telling));
}

/** Z.ai's reasons for stopping in OpenAI's words. Throws for the one that is an error. */
export function finishReason(reason: string | null | undefined, upstream: string): FinishReason | null {
  if (reason === null || reason === undefined || reason === "") return null;
  if (reason === "network_error") {
    throw new GatewayError("upstream_error", `The upstream ${upstream} lost the model in mid-answer`, {
      upstreamCode: reason,
    });
  }
  return reasons[reason] ?? "stop";
}

const reasons: Record<string, FinishReason> = {
  stop: "stop",
  length: "length",
  model_context_window_exceeded: "length",
  tool_calls: "tool_calls",
  sensitive: "content_filter",
  content_filter: "content_filter",
};

function createEditor({ id, created, ask, target }: Telling): (event: SseEvent) => SseEvent[] {
  let saidRole = false;
  /** Tool calls by index, and whether any arguments came for them. */
  const calls = new Map<number, boolean>();

  const chunkOf = (rest: object): SseEvent => ({
    data: JSON.stringify({ id, object: "chat.completion.chunk", created, model: ask.model, ...rest }),
  });

  const editChoice = (choice: ChatChunkChoice): ChatChunkChoice => {
    const { role, tool_calls, ...delta } = choice.delta;
    const finish_reason = finishReason(choice.finish_reason, target.upstream);
    if (!saidRole) Object.assign(delta, { role: role ?? "assistant" });
    saidRole = true;
    // Z.ai ends with an empty piece of content, and some clients open an empty text block for that.
    if (delta.content === "" && (finish_reason !== null || delta.reasoning_content)) delete delta.content;

    const fragments = (tool_calls ?? []).map((call) => editCall(call, calls));
    if (finish_reason === "tool_calls") {
      if (calls.size === 0) throw announcedButMissing(target.upstream);
      for (const [index, hasArguments] of calls) {
        if (!hasArguments) fragments.push({ index, function: { arguments: "{}" } });
      }
    }
    if (fragments.length > 0) delta.tool_calls = fragments;
    return { ...choice, delta, finish_reason };
  };

  return ({ event, data }) => {
    const chunk = parseChunk(data);
    if (chunk === null) return [];
    if (chunk.error !== undefined || event === "error") {
      throw failure({ status: 200, contentType: "", text: data, target, at: 0, hasMedia: false, baseIsDefault: false });
    }
    const { choices, usage, id: _id, created: _created, model: _model, object: _object, ...rest } = chunk;
    const edited: SseEvent[] = [];
    if (choices?.length) edited.push(chunkOf({ ...rest, choices: choices.map(editChoice) }));
    if (usage) edited.push(chunkOf({ choices: [], usage }));
    return edited;
  };
}

// The first fragment of a call says its name and id; said again, some clients start a second call.
function editCall(call: ToolCall, calls: Map<number, boolean>): ToolCall {
  const index = call.index ?? Math.max(0, calls.size - (call.id || calls.size === 0 ? 0 : 1));
  const isNew = !calls.has(index);
  const said: unknown = call.function?.arguments ?? "";
  const text = typeof said === "string" ? said : JSON.stringify(said);
  calls.set(index, (calls.get(index) ?? false) || text !== "");
  if (!isNew) return { index, function: { arguments: text } };
  return { ...call, index, type: "function", function: { ...call.function, arguments: text } };
}
