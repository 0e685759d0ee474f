import { completeCalls } from "~/chat/calls.ts";
import type { ChatChoice, ChatCompletion } from "~/chat/chat.ts";
import { cutAtStop } from "~/chat/stop.ts";
import { splitMessageThinking } from "~/chat/think-tags.ts";
import { demandsCall } from "~/chat/tools.ts";
import { finishReason, wrongEnd } from "../finish.ts";
import type { Telling } from "../upstream.ts";
import { localStops } from "./request.ts";

/** Z.ai's whole answer as OpenAI's clients want it. */
export function editCompletion(text: string, telling: Telling): string {
  const { request_id: _, ...completion } = JSON.parse(text) as ChatCompletion;
  const { id, created, ask } = telling;
  const choices = completion.choices.map((choice) => editChoice(choice, telling));
  return JSON.stringify({ ...completion, id, object: "chat.completion", created, model: ask.model, choices });
}

function editChoice(choice: ChatChoice, { id, ask, target }: Telling): ChatChoice {
  const { tool_calls, ...said } = choice.message;
  const calls = completeCalls(tool_calls, id);
  const reason = finishReason(choice.finish_reason, target.upstream);
  const wrong = wrongEnd({ reason, hasCalls: calls !== undefined, mustCall: demandsCall(ask.body) }, target.upstream);
  if (wrong !== null) throw wrong;
  const message = { content: null, refusal: null, ...splitMessageThinking(said), ...(calls && { tool_calls: calls }) };
  const cut = cutAtStop(message.content ?? "", localStops(ask.body));
  if (cut !== null) return { logprobs: null, ...choice, message: { ...message, content: cut }, finish_reason: "stop" };
  // Calls are calls, whatever their upstream ends with.
  return { logprobs: null, ...choice, message, finish_reason: calls && reason === "stop" ? "tool_calls" : reason };
}
