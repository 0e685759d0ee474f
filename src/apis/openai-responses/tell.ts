import type { ChatAsk, ChatChunk, ChatCompletion, FinishReason, ToolCall, Usage } from "~/chat/chat.ts";
import { cut, parseChunk } from "~/chat/chunk.ts";
import type { Outlet } from "~/wire/sink.ts";
import type { Words as Said } from "~/wire/sse.ts";
import type { Stamp, Teller } from "../api.ts";
import { argumentsOf, bareId, callId, nameOf } from "../calls.ts";
import { writeResponseEvent } from "./events.ts";
import { noteBreak } from "./failure.ts";
import { callItem, incompleteReason, messageItem, reasoningItem, responseObject } from "./response.ts";
import { clientNameOf } from "./tools.ts";

/**
 * Chunks of the house language as OpenAI's typed events. Words are cut into lines that every client can take; only the
 * events that say a whole item, or the whole answer, are as long as it is.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function tell(outlet: Outlet, ask: ChatAsk, stamp: Stamp): Teller {
  const story = createStory(ask, stamp);
  return {
    take({ data, words }) {
      const text = words ? story.hear(words) : story.take(parseChunk(data));
      if (text !== "") outlet.say(text);
    },
    end() {
      for (const text of story.finishItems()) outlet.say(text);
      outlet.end(story.end());
    },
    breakOff: (error) => noteBreak(error, { model: ask.model, stamp, next: story.next }),
  };
}

export function tellWhole(completion: ChatCompletion, ask: ChatAsk, stamp: Stamp): string {
  const [choice] = completion.choices;
  const { reasoning_content: thinking, content, tool_calls: calls = [] } = choice?.message ?? {};
  const incomplete = incompleteReason(choice?.finish_reason ?? null);
  const status = incomplete === null ? "completed" : "incomplete";
  const named = namesFor(stamp);
  const asked = ask.own?.body ?? {};
  const output = [
    ...(thinking ? [reasoningItem(named("rs"), thinking)] : []),
    ...(content ? [messageItem(named("msg"), content, status)] : []),
    ...calls.map((call, i) => {
      const head = { id: named("fc"), callId: callId(call, stamp, i), ...clientNameOf(nameOf(call), asked) };
      return callItem(head, argumentsOf(call), "completed");
    }),
  ];
  const { usage } = completion;
  return JSON.stringify(responseObject({ model: ask.model, stamp, status, ask, output, usage, incomplete }));
}

/** Ids for the items of one answer, no two alike. */
function namesFor(stamp: Stamp): (prefix: "rs" | "msg" | "fc") => string {
  let count = 0;
  return (prefix) => `${prefix}_${bareId(stamp)}_${count++}`;
}

/** Words that are being said: an item of their own until something else is. */
interface Words {
  kind: "reasoning" | "message";
  id: string;
  at: number;
  pieces: string[];
}

/** A call that is being made; several may be at once. */
interface Call {
  id: string;
  callId: string;
  name: string;
  namespace?: string;
  at: number;
  pieces: string[];
}

function createStory(ask: ChatAsk, stamp: Stamp) {
  const named = namesFor(stamp);
  const output: object[] = [];
  const calls = new Map<number, Call>();
  let open: Words | null = null;
  let next = 0;
  let count = 0;
  let finish: FinishReason | null = null;
  let usage: Usage | null = null;

  const say = (type: string, more: object): string => writeResponseEvent({ type, sequence_number: next++, ...more });

  // The hot path: one of these for each token, so it is put together by hand.
  function delta(type: string, at: string, words: string): string {
    let text = "";
    for (const piece of cut(words)) {
      const data = `{"type":"${type}","sequence_number":${next++},${at},"delta":${JSON.stringify(piece)}}`;
      text += `event: ${type}\ndata: ${data}\n\n`;
    }
    return text;
  }

  function begin(): string {
    const response = responseObject({ model: ask.model, stamp, status: "in_progress", ask });
    return say("response.created", { response }) + say("response.in_progress", { response });
  }

  function speak(kind: Words["kind"], words: string): string {
    let text = "";
    if (open?.kind !== kind) {
      text += closeWords();
      open = { kind, id: named(kind === "message" ? "msg" : "rs"), at: count++, pieces: [] };
      text += kind === "message" ? beginMessage(open) : beginReasoning(open);
    }
    open.pieces.push(words);
    const at = `"item_id":"${open.id}","output_index":${open.at}`;
    if (kind === "reasoning")
      return text + delta("response.reasoning_summary_text.delta", `${at},"summary_index":0`, words);
    return text + delta("response.output_text.delta", `${at},"content_index":0,"logprobs":[]`, words);
  }

  function beginMessage({ id, at }: Words): string {
    const item = { id, type: "message", status: "in_progress", role: "assistant", content: [] };
    const part = { type: "output_text", text: "", annotations: [], logprobs: [] };
    return (
      say("response.output_item.added", { output_index: at, item }) +
      say("response.content_part.added", { item_id: id, output_index: at, content_index: 0, part })
    );
  }

  function beginReasoning({ id, at }: Words): string {
    const part = { type: "summary_text", text: "" };
    return (
      say("response.output_item.added", { output_index: at, item: { id, type: "reasoning", summary: [] } }) +
      say("response.reasoning_summary_part.added", { item_id: id, output_index: at, summary_index: 0, part })
    );
  }

  function closeWords(): string {
    if (open === null) return "";
    const { kind, id, at, pieces } = open;
    const text = pieces.join("");
    open = null;
    const place = { item_id: id, output_index: at };
    if (kind === "reasoning") {
      const item = reasoningItem(id, text);
      output[at] = item;
      const first = { ...place, summary_index: 0 };
      return (
        say("response.reasoning_summary_text.done", { ...first, text }) +
        say("response.reasoning_summary_part.done", { ...first, part: item.summary[0] }) +
        say("response.output_item.done", { output_index: at, item })
      );
    }
    const item = messageItem(id, text, incompleteReason(finish) === null ? "completed" : "incomplete");
    output[at] = item;
    const first = { ...place, content_index: 0 };
    return (
      say("response.output_text.done", { ...first, text, logprobs: [] }) +
      say("response.content_part.done", { ...first, part: item.content[0] }) +
      say("response.output_item.done", { output_index: at, item })
    );
  }

  function call(fragment: ToolCall): string {
    const index = fragment.index ?? 0;
    let call = calls.get(index);
    let text = "";
    if (!call) {
      text += closeWords();
      const name = clientNameOf(nameOf(fragment), ask.own?.body ?? {});
      const head = { callId: callId(fragment, stamp, index), ...name };
      call = { id: named("fc"), ...head, at: count++, pieces: [] };
      calls.set(index, call);
      text += say("response.output_item.added", { output_index: call.at, item: callItem(call, "", "in_progress") });
    }
    return text + argue(call, fragment.function?.arguments ?? "");
  }

  function argue(call: Call, words: string): string {
    if (words === "") return "";
    call.pieces.push(words);
    return delta("response.function_call_arguments.delta", `"item_id":"${call.id}","output_index":${call.at}`, words);
  }

  function closeCall(call: Call): string {
    const isCut = finish === "length";
    const begun = call.pieces.some((piece) => piece.trim() !== "") ? "" : argue(call, "{}");
    const said = call.pieces.join("");
    // An answer that was cut short may end inside a call; anything else that is not JSON is broken.
    if (!isCut) argumentsOf({ function: { arguments: said } });
    const item = callItem(call, said, isCut ? "incomplete" : "completed");
    output[call.at] = item;
    const place = { item_id: call.id, output_index: call.at };
    return (
      begun +
      say("response.function_call_arguments.done", { ...place, name: call.name, arguments: said }) +
      say("response.output_item.done", { output_index: call.at, item })
    );
  }

  return {
    /** The number of the event that would come next. */
    get next() {
      return next;
    },

    hear({ around: { field }, text }: Said): string {
      const begins = next === 0 ? begin() : "";
      return begins + speak(field === "content" ? "message" : "reasoning", text);
    },

    take(chunk: ChatChunk | null): string {
      if (chunk === null) return "";
      let text = next === 0 ? begin() : "";
      if (chunk.usage) usage = chunk.usage;
      const choice = chunk.choices[0];
      if (!choice) return text;
      const { reasoning_content: thinking, content, tool_calls } = choice.delta;
      if (thinking) text += speak("reasoning", thinking);
      if (content) text += speak("message", content);
      if (tool_calls) for (const fragment of tool_calls) text += call(fragment);
      finish = choice.finish_reason ?? finish;
      return text;
    },

    /** One by one: what is numbered has to be said, also where the next one turns out to be broken. */
    *finishItems(): Generator<string> {
      if (open !== null) yield closeWords();
      for (const call of calls.values()) yield closeCall(call);
    },

    /** The final frame: the whole answer once more. */
    end(): string {
      const incomplete = incompleteReason(finish);
      const status = incomplete === null ? "completed" : "incomplete";
      const response = responseObject({ model: ask.model, stamp, status, ask, output, usage, incomplete });
      return say(`response.${status}`, { response });
    },
  };
}
