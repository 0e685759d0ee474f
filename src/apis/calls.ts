import type { ToolCall } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import type { Stamp } from "./api.ts";

/** The part of our id that all names of an answer share. */
export const bareId = ({ id }: Stamp): string => id.replace(/^(chatcmpl-)?(req_)?/, "");

/** A call's id; where the upstream forgot it, one of ours, since the result must name something. */
export function callId({ id }: ToolCall, stamp: Stamp, index: number): string {
  return id || `call_${bareId(stamp)}_${index}`;
}

/** What is called. A call of nothing cannot be made, so it is no answer. */
export function nameOf(call: ToolCall): string {
  const name = call.function?.name;
  if (!name) throw new GatewayError("upstream_error", "The upstream sent a tool call without a name");
  return name;
}

/** The arguments as a JSON text: `{}` for none. Throws where they are none. */
export function argumentsOf(call: ToolCall): string {
  const text = call.function?.arguments?.trim() || "{}";
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("upstream_error", "The upstream sent a tool call whose arguments are not JSON", { cause });
  }
  return text;
}
