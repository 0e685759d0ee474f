import type { ChatChunk, FinishReason, Usage } from "~/chat/chat.ts";
import type { SseEvent } from "~/wire/sse.ts";
import type { Telling } from "../upstream.ts";

/**
 * Writes the `chat.completion.chunk` events of one answer. Each function adds to `out` what it has to say, with the
 * role chunk in front of the very first; empty texts say nothing.
 */
export interface ChunkWriter {
  readonly hasSpoken: boolean;
  content(text: string, out: SseEvent[]): void;
  reasoning(text: string, out: SseEvent[]): void;
  toolCall(call: WrittenCall, out: SseEvent[]): void;
  finish(reason: FinishReason, out: SseEvent[]): void;
  usage(usage: Usage, out: SseEvent[]): void;
}

export interface WrittenCall {
  index: number;
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** Everything around the words is written once: a chunk costs the escaping of its text and little more. */
export function createChunkWriter({ id, created, ask }: Telling): ChunkWriter {
  const frame = { id, object: "chat.completion.chunk", created, model: ask.model, choices: [] } satisfies ChatChunk;
  const head = JSON.stringify(frame).slice(0, -"]}".length);
  const before = `${head}{"index":0,"delta":{`;
  const after = `},"finish_reason":null}]}`;
  let hasSpoken = false;

  function begin(out: SseEvent[]): void {
    if (!hasSpoken) out.push({ data: `${before}"role":"assistant","content":""${after}` });
    hasSpoken = true;
  }

  function say(field: string, text: string, out: SseEvent[]): void {
    if (text === "") return;
    begin(out);
    out.push({ data: `${before}"${field}":${JSON.stringify(text)}${after}`, isWords: true });
  }

  return {
    get hasSpoken() {
      return hasSpoken;
    },
    content(text, out) {
      say("content", text, out);
    },
    reasoning(text, out) {
      say("reasoning_content", text, out);
    },
    toolCall({ index, id, name, arguments: json }, out) {
      const call = { index, id, type: "function", function: { name, arguments: json } };
      begin(out);
      out.push({ data: `${before}"tool_calls":${JSON.stringify([call])}${after}` });
    },
    finish(reason, out) {
      begin(out);
      out.push({ data: `${before}},"finish_reason":"${reason}"}]}` });
    },
    usage(usage, out) {
      out.push({ data: `${head}],"usage":${JSON.stringify(usage)}}` });
    },
  };
}
