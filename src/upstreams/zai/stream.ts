import { createCallOrder } from "~/chat/calls.ts";
import type { ChatChunkChoice } from "~/chat/chat.ts";
import { parseChunk } from "~/chat/chunk.ts";
import { createShortcut, saysWordsOnly } from "~/chat/shortcut.ts";
import { createThinkTagSplitter, splitThinking } from "~/chat/think-tags.ts";
import { demandsCall } from "~/chat/tools.ts";
import type { Sink } from "~/wire/sink.ts";
import { type EventSink, type SseEvent, untilDone } from "~/wire/sse.ts";
import { finishReason, wrongEnd } from "../finish.ts";
import type { Telling } from "../upstream.ts";
import { failure } from "./failure.ts";

/**
 * Z.ai's chunks as OpenAI's clients want them: role once, `finish_reason` in every chunk, usage in a last chunk of its
 * own, our id and the name that was asked for.
 */
export function editStream(next: Sink<SseEvent>, telling: Telling): EventSink {
  return untilDone(createEditor(next, telling));
}

function createEditor(next: Sink<SseEvent>, { id, created, ask, target }: Telling): EventSink {
  let saidRole = false;
  const mustCall = demandsCall(ask.body);
  const calls = createCallOrder(id);
  const tags = createThinkTagSplitter();
  const shortcut = createShortcut();

  const chunkOf = (rest: object): SseEvent => ({
    data: JSON.stringify({ id, object: "chat.completion.chunk", created, model: ask.model, ...rest }),
  });

  const editChoice = (choice: ChatChunkChoice): ChatChunkChoice | null => {
    const { role, tool_calls, ...delta } = choice.delta;
    const finish_reason = finishReason(choice.finish_reason, target.upstream);
    splitThinking(delta, tags, finish_reason !== null);
    const fragments = tool_calls ? calls.edit(tool_calls) : [];
    if (finish_reason !== null) {
      const wrong = wrongEnd({ reason: finish_reason, hasCalls: calls.count > 0, mustCall }, target.upstream);
      if (wrong !== null) throw wrong;
      fragments.push(...calls.complete());
    }
    if (fragments.length > 0) delta.tool_calls = fragments;
    if (!saidRole) Object.assign(delta, { role: role ?? "assistant" });
    else if (finish_reason === null && Object.keys(delta).length === 0) return null;
    saidRole = true;
    // Calls are calls, whatever their upstream ends with.
    return {
      ...choice,
      delta,
      finish_reason: finish_reason === "stop" && calls.count > 0 ? "tool_calls" : finish_reason,
    };
  };

  function edit({ event, data }: SseEvent): void {
    const hadRole = saidRole;
    const chunk = parseChunk(data);
    if (chunk === null) return;
    if (chunk.error !== undefined || event === "error") {
      throw failure({ status: 200, contentType: "", text: data, target, at: 0, hasMedia: false, baseIsDefault: false });
    }
    const { choices, usage, id: _id, created: _created, model: _model, object: _object, ...rest } = chunk;
    const told = choices?.map(editChoice).filter((choice) => choice !== null);
    if (told?.length) {
      const edited = chunkOf({ ...rest, choices: told });
      if (hadRole && saysWordsOnly(chunk)) shortcut.learn(data, edited.data);
      next.take(edited);
    }
    if (usage) next.take(chunkOf({ choices: [], usage }));
  }

  return {
    take: edit,
    run: (text, from) => (tags.isIdle ? shortcut.run(text, from, next) : from),
    end: () => next.end(),
  };
}
