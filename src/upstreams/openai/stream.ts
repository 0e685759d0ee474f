import { type CallOrder, createCallOrder } from "~/chat/calls.ts";
import type { ChatChunkChoice } from "~/chat/chat.ts";
import { parseChunk } from "~/chat/chunk.ts";
import { createShortcut, saysWordsOnly } from "~/chat/shortcut.ts";
import { createThinkTagSplitter, splitThinking, type ThinkTagSplitter } from "~/chat/think-tags.ts";
import { demandsCall } from "~/chat/tools.ts";
import type { Sink } from "~/wire/sink.ts";
import { type EventSink, type SseEvent, untilDone } from "~/wire/sse.ts";
import { finishReason, wrongEnd } from "../finish.ts";
import type { Telling } from "../upstream.ts";
import { failure } from "./failure.ts";

/**
 * A plain stream with what its clients trip over put right: the name that was asked for, tool calls in order, thinking
 * in a field of its own. Events that hold none of that pass as they came.
 */
export function editStream(next: Sink<SseEvent>, telling: Telling): EventSink {
  return untilDone(createEditor(next, telling));
}

/** What deserves a closer look. Some servers write `<` as `\u003c`. */
const notable = /"tool_calls"|"finish_reason"\s*:\s*"|"error"\s*:|"reasoning|<|\\u003c/i;

function createEditor(next: Sink<SseEvent>, { ask, model, target, id }: Telling): EventSink {
  const isRenamed = model.id !== ask.model;
  const mustCall = demandsCall(ask.body);
  const choicesAt: { calls: CallOrder; tags: ThinkTagSplitter }[] = [];
  const shortcut = createShortcut();
  let isPlain = false;

  const editChoice = (choice: ChatChunkChoice): ChatChunkChoice => {
    choicesAt[choice.index] ??= {
      calls: createCallOrder(`${id}${choice.index || ""}`),
      tags: createThinkTagSplitter(),
    };
    const { calls, tags } = choicesAt[choice.index]!;
    const { tool_calls, ...delta } = choice.delta;
    const finish_reason = finishReason(choice.finish_reason, target.upstream);
    splitThinking(delta, tags, finish_reason !== null);
    const fragments = tool_calls ? calls.edit(tool_calls) : [];
    if (finish_reason !== null) {
      const wrong = wrongEnd({ reason: finish_reason, hasCalls: calls.count > 0, mustCall }, target.upstream);
      if (wrong !== null) throw wrong;
      fragments.push(...calls.complete());
    }
    if (fragments.length > 0) delta.tool_calls = fragments;
    return {
      ...choice,
      delta,
      finish_reason: finish_reason === "stop" && calls.count > 0 ? "tool_calls" : finish_reason,
    };
  };

  function edit(event: SseEvent): void {
    // An event that broke off with its stream does not end so.
    if (isPlain && !isRenamed && event.data.endsWith("}]}") && !notable.test(event.data)) {
      shortcut.learn(event.data, event.data);
      next.take(event);
      return;
    }
    const chunk = parseChunk(event.data);
    if (chunk === null) return;
    if (chunk.error !== undefined) throw failure({ ...inStream, text: event.data, target });
    const choices = (chunk.choices ?? []).map(editChoice);
    isPlain = choicesAt.length > 0 && choicesAt.every(({ tags }) => tags.isIdle);
    const data = JSON.stringify({ ...chunk, model: ask.model, choices });
    if (isPlain && isRenamed && saysWordsOnly(chunk)) shortcut.learn(event.data, data);
    next.take({ data });
  }

  return {
    take: edit,
    run: (text, from) => (isPlain ? shortcut.run(text, from, next) : from),
    end: () => next.end(),
  };
}

const inStream = { status: 200, contentType: "application/json", at: 0, hasMedia: false, baseIsDefault: false };
