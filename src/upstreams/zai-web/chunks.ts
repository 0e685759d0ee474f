import type { ChatChunk, FinishReason, Usage } from "~/chat/chat.ts";
import { wordsEvent } from "~/chat/joined.ts";
import type { Sink } from "~/wire/sink.ts";
import type { Around, SseEvent } from "~/wire/sse.ts";
import type { Telling } from "../upstream.ts";

/**
 * Writes the `chat.completion.chunk` events of one answer, with the role chunk in front of the very first. Empty texts say
 * nothing.
 */
export interface ChunkWriter {
  readonly hasSpoken: boolean;
  content(text: string): void;
  reasoning(text: string): void;
  toolCall(call: WrittenCall): void;
  finish(reason: FinishReason): void;
  usage(usage: Usage): void;
}

export interface WrittenCall {
  index: number;
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** Everything around the words is written once: a chunk costs the escaping of its text and little more. */
export function createChunkWriter(next: Sink<SseEvent>, { id, created, ask }: Telling): ChunkWriter {
  const frame = { id, object: "chat.completion.chunk", created, model: ask.model, choices: [] } satisfies ChatChunk;
  const head = JSON.stringify(frame).slice(0, -"]}".length);
  const before = `${head}{"index":0,"delta":{`;
  const after = `},"finish_reason":null}]}`;
  const around = (field: Around["field"]): Around => ({ head: `${before}"${field}":"`, field, tail: `"${after}` });
  const [answer, thinking] = [around("content"), around("reasoning_content")];
  let hasSpoken = false;

  function begin(): void {
    if (!hasSpoken) next.take({ data: `${before}"role":"assistant","content":""${after}` });
    hasSpoken = true;
  }

  function say(around: Around, text: string): void {
    if (text === "") return;
    begin();
    next.take(wordsEvent(around, text));
  }

  return {
    get hasSpoken() {
      return hasSpoken;
    },
    content(text) {
      say(answer, text);
    },
    reasoning(text) {
      say(thinking, text);
    },
    toolCall({ index, id, name, arguments: json }) {
      const call = { index, id, type: "function", function: { name, arguments: json } };
      begin();
      next.take({ data: `${before}"tool_calls":${JSON.stringify([call])}${after}` });
    },
    finish(reason) {
      begin();
      next.take({ data: `${before}},"finish_reason":"${reason}"}]}` });
    },
    usage(usage) {
      next.take({ data: `${head}],"usage":${JSON.stringify(usage)}}` });
    },
  };
}
