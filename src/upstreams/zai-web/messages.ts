import type { ChatMessage, ChatPart, ToolCall } from "~/chat/chat.ts";
import { dataHead, mediumNames, readMedia } from "~/chat/media.ts";
import { isPicture } from "~/chat/pictures.ts";
import { placeOf } from "~/chat/places.ts";
import { inlineTextFile } from "~/chat/text-file.ts";
import { GatewayError } from "~/errors.ts";
import type { Target } from "../upstream.ts";
import { writeCalls } from "./contract.ts";

/** A message as the web chat takes it: it knows three roles, and answers `INTERNAL_ERROR` to tool calls in history. */
export interface WebMessage {
  role: "system" | "user" | "assistant";
  content: string | ChatPart[];
}

/**
 * The client's messages in the web chat's form. Tool calls and results become text.
 * Media pass inside `content` where the model takes them; elsewhere a GatewayError names the part.
 */
export function webMessages(messages: ChatMessage[], takesMedia: boolean, target: Target): WebMessage[] {
  const names = toolCallNames(messages);
  return messages.map((message, i) => {
    const parts = partsOf(message).map((part, j) => textOfFile(part, i, j));
    for (const [j, part] of parts.entries()) {
      if (part.type !== "text") checkMedia(part, takesMedia, target, placeOf(part, `messages[${i}].content[${j}]`));
    }
    return { role: webRole(message.role), content: contentOf(inWords(message, parts.map(webPart), names)) };
  });
}

/** Whether a request carries anything but text. */
export function hasMedia(messages: ChatMessage[]): boolean {
  return messages.some((message) => partsOf(message).some((part) => part.type !== "text"));
}

function partsOf({ content }: ChatMessage): ChatPart[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (!Array.isArray(content)) return [];
  return content.map((part) => (part.type in textFields ? { type: "text", text: part[textFields[part.type]!] } : part));
}

/** Parts that are text by other names. */
const textFields: Record<string, string> = {
  text: "text",
  input_text: "text",
  output_text: "text",
  refusal: "refusal",
};

/** Text files are text, for a model that reads as for one that sees. */
function textOfFile(part: ChatPart, i: number, j: number): ChatPart {
  const found = readMedia(part, i, j);
  return (found && inlineTextFile(part, found)) ?? part;
}

function checkMedia(part: ChatPart, takesMedia: boolean, target: Target, param: string): void {
  const medium = readMedia(part, 0, 0)?.medium;
  const what = medium ? mediumNames[medium] : `\`${part.type}\``;
  if (!takesMedia) {
    const message = `${param}: this model takes text only, not ${what}; a vision model such as GLM-4.5V takes media`;
    throw new GatewayError("model_not_multimodal", message, { param });
  }
  if (target.isGuest) {
    const message = `${param}: ${target.upstream} takes ${what} only from an account, not from a guest: set ZAI_TOKEN`;
    throw new GatewayError("multimodal_not_allowed", message, { param });
  }
  if (part.type === "image_url" && isData(part) && !isPicture(dataHead(part))) {
    const message = `${param} is not the image that it says it is: send a JPEG, PNG, GIF or WebP`;
    throw new GatewayError("invalid_request", message, { param });
  }
  if (part.type === "file" && typeof fileData(part) !== "string") {
    const message = `${param}: ${target.upstream} cannot reach files by their id; send \`file_data\``;
    throw new GatewayError("invalid_request", message, { param });
  }
}

const isData = (part: ChatPart): boolean => readMedia(part, 0, 0)?.source === "data";

/** The web chat's own names for what OpenAI spells otherwise. */
function webPart(part: ChatPart): ChatPart {
  if (part.type === "file") return { type: "document_url", document_url: { url: fileData(part) } };
  if (part.type === "file_url") return { type: "document_url", document_url: part.file_url };
  if (part.type === "input_audio") {
    const { data, format } = (part.input_audio ?? {}) as { data?: unknown; format?: unknown };
    return { type: "audio_url", audio_url: { url: `data:audio/${format ?? "wav"};base64,${data ?? ""}` } };
  }
  return part;
}

function fileData(part: ChatPart): unknown {
  return (part.file as { file_data?: unknown } | undefined)?.file_data;
}

function webRole(role: string): WebMessage["role"] {
  if (role === "system" || role === "developer") return "system";
  return role === "assistant" ? "assistant" : "user";
}

/** What the tools were asked and what they said, in words between tags. */
function inWords(message: ChatMessage, parts: ChatPart[], names: Map<string, string>): ChatPart[] {
  if (message.role === "tool" || message.role === "function") {
    const id = typeof message.tool_call_id === "string" ? message.tool_call_id : "";
    const name = typeof message.name === "string" ? message.name : (names.get(id) ?? "");
    return [text(`<tool_result${attribute("id", id)}${attribute("name", name)}>`), ...parts, text("</tool_result>")];
  }
  const calls = toolCallsOf(message).map(({ id, function: called }) => {
    return { id, name: called?.name ?? "", arguments: called?.arguments || "{}" };
  });
  return calls.length === 0 ? parts : [...parts, text(writeCalls(calls))];
}

function contentOf(parts: ChatPart[]): string | ChatPart[] {
  const isText = parts.every((part) => part.type === "text");
  return isText ? parts.map((part) => part.text).join("\n") : parts;
}

function toolCallNames(messages: ChatMessage[]): Map<string, string> {
  const calls = messages.flatMap(toolCallsOf);
  return new Map(calls.map((call) => [call.id ?? "", call.function?.name ?? ""]));
}

function toolCallsOf(message: ChatMessage): ToolCall[] {
  return Array.isArray(message.tool_calls) ? (message.tool_calls as ToolCall[]) : [];
}

function attribute(name: string, value: string): string {
  return value === "" ? "" : ` ${name}="${value.replaceAll('"', "'")}"`;
}

function text(words: string): ChatPart {
  return { type: "text", text: words };
}
