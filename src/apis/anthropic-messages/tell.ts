import type { ChatAsk, ChatChunk, ChatCompletion, FinishReason, ToolCall, Usage } from "~/chat/chat.ts";
import { cut, parseChunk } from "~/chat/chunk.ts";
import type { Outlet } from "~/wire/sink.ts";
import type { Words } from "~/wire/sse.ts";
import type { Stamp, Teller } from "../api.ts";
import { argumentsOf, bareId, callId, nameOf } from "../calls.ts";
import { writeMessageEvent } from "./events.ts";
import { own } from "./own.ts";
import { messageUsage, stopReason } from "./stop.ts";

/**
 * Chunks of the house language as Anthropic's events, one block after the other: each is opened, filled and closed
 * before the next. https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export function tell(outlet: Outlet, ask: ChatAsk, stamp: Stamp): Teller {
  const story = createStory(ask, stamp);
  return {
    take({ data, words }) {
      const text = words ? story.hear(words) : story.take(parseChunk(data));
      if (text !== "") outlet.say(text);
    },
    end() {
      outlet.say(story.end());
      outlet.end(own.final);
    },
  };
}

export function tellWhole(completion: ChatCompletion, ask: ChatAsk, stamp: Stamp): string {
  const [choice] = completion.choices;
  const { reasoning_content: thinking, content, tool_calls: calls = [] } = choice?.message ?? {};
  const blocks = [
    ...(thinking && isShown(ask) ? [{ type: "thinking", thinking, signature: "" }] : []),
    ...(content ? [{ type: "text", text: content }] : []),
    ...calls.map((call, index) => ({
      type: "tool_use",
      id: callId(call, stamp, index),
      name: nameOf(call),
      input: JSON.parse(argumentsOf(call)),
    })),
  ];
  return JSON.stringify({
    ...envelope(ask, stamp),
    content: blocks,
    stop_reason: stopReason(choice?.finish_reason ?? null, calls.length > 0),
    stop_sequence: null,
    usage: messageUsage(completion.usage),
  });
}

/** Anthropic's clients get thinking where they asked for it: many others take the first block for the answer. */
const isShown = ({ thinking }: ChatAsk): boolean => thinking !== false;

function envelope({ model }: ChatAsk, stamp: Stamp) {
  return { id: `msg_${bareId(stamp)}`, type: "message", role: "assistant", model };
}

type Kind = "text" | "thinking";

const emptyBlocks = {
  text: { type: "text", text: "" },
  // The signature of a thought that only its own upstream could check; ours have none.
  thinking: { type: "thinking", thinking: "", signature: "" },
} as const;

/** How each kind of delta begins; behind it come the words as JSON, and the end. */
const deltas = { text: '"text_delta","text"', thinking: '"thinking_delta","thinking"' } as const;
const callDelta = '"input_json_delta","partial_json"';

/** A tool call as far as it has come. */
interface Call {
  head: ToolCall;
  /** Arguments that have not been told yet. */
  held: string;
  hasArguments: boolean;
}

function createStory(ask: ChatAsk, stamp: Stamp) {
  let hasStarted = false;
  let index = -1;
  let open: Kind | "call" | null = null;
  /** By their index in the answer. The first is told while it comes; only one block may be open at a time. */
  const calls = new Map<number, Call>();
  /** Words behind the first call: they wait until it is over. */
  const late: { kind: Kind; words: string }[] = [];
  let finish: FinishReason | null = null;
  let usage: Usage | null = null;

  function begin(): string {
    if (hasStarted) return "";
    hasStarted = true;
    const message = {
      ...envelope(ask, stamp),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: messageUsage(null),
    };
    return writeMessageEvent({ type: "message_start", message }) + writeMessageEvent({ type: "ping" });
  }

  function start(block: object): string {
    const text = close();
    index++;
    return text + writeMessageEvent({ type: "content_block_start", index, content_block: block });
  }

  function close(): string {
    if (open === null) return "";
    open = null;
    return writeMessageEvent({ type: "content_block_stop", index });
  }

  // The hot path: one of these for each token, so it is put together by hand.
  function delta(begins: string, words: string): string {
    let text = "";
    for (const piece of cut(words)) {
      const data = `{"type":"content_block_delta","index":${index},"delta":{"type":${begins}:${JSON.stringify(piece)}}}`;
      text += `event: content_block_delta\ndata: ${data}\n\n`;
    }
    return text;
  }

  function say(kind: Kind, words: string): string {
    if (calls.size > 0) {
      late.push({ kind, words });
      return "";
    }
    return write(kind, words);
  }

  function write(kind: Kind, words: string): string {
    const begins = open === kind ? "" : start(emptyBlocks[kind]);
    open = kind;
    return begins + delta(deltas[kind], words);
  }

  function call(fragment: ToolCall): string {
    const at = fragment.index ?? 0;
    let call = calls.get(at);
    if (!call) {
      call = { head: fragment, held: "", hasArguments: false };
      calls.set(at, call);
    }
    call.held += fragment.function?.arguments ?? "";
    const isFirst = calls.keys().next().value === at;
    return isFirst ? tellCall(call, at) : "";
  }

  function tellCall(call: Call, at: number): string {
    let text = "";
    if (open !== "call") {
      text += start({ type: "tool_use", id: callId(call.head, stamp, at), name: nameOf(call.head), input: {} });
      open = "call";
    }
    if (call.held !== "") {
      call.hasArguments = true;
      text += delta(callDelta, call.held);
      call.held = "";
    }
    return text;
  }

  function endCall(call: Call, at: number): string {
    if (!call.hasArguments && call.held === "") call.held = "{}";
    return tellCall(call, at) + close();
  }

  return {
    hear({ around: { field }, text }: Words): string {
      const begins = begin();
      if (field === "content") return begins + say("text", text);
      return isShown(ask) ? begins + say("thinking", text) : begins;
    },

    take(chunk: ChatChunk | null): string {
      if (chunk === null) return "";
      let text = begin();
      if (chunk.usage) usage = chunk.usage;
      const choice = chunk.choices[0];
      if (!choice) return text;
      const { reasoning_content: thinking, content, tool_calls } = choice.delta;
      if (thinking && isShown(ask)) text += say("thinking", thinking);
      if (content) text += say("text", content);
      if (tool_calls) for (const fragment of tool_calls) text += call(fragment);
      finish = choice.finish_reason ?? finish;
      return text;
    },

    end(): string {
      let text = "";
      for (const [at, call] of calls) text += endCall(call, at);
      for (const { kind, words } of late) text += write(kind, words);
      text += close();
      const reason = { stop_reason: stopReason(finish, calls.size > 0), stop_sequence: null };
      return text + writeMessageEvent({ type: "message_delta", delta: reason, usage: messageUsage(usage) });
    },
  };
}
