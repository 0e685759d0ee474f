import type { ChatChunk, ChatCompletion } from "~/chat/chat.ts";
import { parseChunk, splitChunk } from "~/chat/chunk.ts";
import { houseFinish } from "~/chat/finish.ts";
import { readUsage } from "~/chat/usage.ts";
import { inBytes, usually } from "~/wire/marks.ts";
import { writeEvent } from "~/wire/sse.ts";
import type { OwnWords } from "../api.ts";
import { nothing } from "../glimpse.ts";
import { finalFrame } from "./tell.ts";

/** Reads along in a stream of chat chunks. */
export const own: OwnWords = {
  // Inside a JSON string these marks would be escaped, so nothing that a model writes can look like them.
  notable: /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:|"tool_calls"\s*:\s*\[\s*\{|\[DONE\]/,
  marks: inBytes(
    ...usually("finish_reason", '"'),
    ...usually("usage", "{"),
    ...usually("error", ""),
    ...usually("tool_calls", "["),
    "[DONE]",
  ),

  final: finalFrame,

  glimpse({ data }) {
    if (data === "[DONE]") return { ...nothing, isFinal: true };
    const chunk = parseChunk(data);
    if (chunk === null) return null;
    const choices = chunk.choices ?? [];
    const finish = choices.find(({ finish_reason }) => finish_reason)?.finish_reason ?? null;
    return {
      saysSomething: choices.some(
        ({ delta }) => delta?.content || delta?.reasoning_content || delta?.tool_calls?.length,
      ),
      isFinished: finish !== null,
      finish,
      hasCalls: choices.some(({ delta }) => delta?.tool_calls?.length),
      tokens: readUsage(chunk.usage),
      isError: chunk.error !== undefined,
      isFinal: false,
      isUsageOnly: choices.length === 0 && Boolean(chunk.usage),
      frame: frameOf(chunk),
    };
  },

  glimpseWhole(text) {
    const completion = JSON.parse(text) as ChatCompletion;
    const isFinished = completion.choices?.every(({ finish_reason }) => finish_reason) ?? false;
    return { ...nothing, isFinished, tokens: readUsage(completion.usage), isError: completion.error !== undefined };
  },

  mend(said) {
    const { choices, ...rest } = JSON.parse(said) as ChatChunk;
    if (choices.every(({ finish_reason: reason }) => !reason || reason === houseFinish(reason))) return null;
    const known = choices.map((choice) => ({
      ...choice,
      finish_reason: choice.finish_reason && houseFinish(choice.finish_reason),
    }));
    return JSON.stringify({ ...rest, choices: known });
  },

  split(data) {
    const chunk = parseChunk(data);
    // So long a line that is no chunk says nothing either.
    if (chunk === null) return "";
    return splitChunk(chunk)
      .map((piece) => writeEvent({ data: JSON.stringify(piece) }))
      .join("");
  },
};

function frameOf({ id, object, created, model }: ChatChunk): Record<string, unknown> {
  return { id, object, created, model };
}
