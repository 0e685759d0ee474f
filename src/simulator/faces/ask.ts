import type { Message, Prompt, Tool } from "../words.ts";
import { isRecord, recordsIn } from "./face.ts";

/** What every dialect writes alike: OpenAI's messages, tools and limits. */
export function readPrompt(body: Record<string, unknown>, thinks: boolean): Prompt {
  const { max_tokens, max_completion_tokens, stop, response_format } = body;
  const limit = max_tokens ?? max_completion_tokens;
  return {
    messages: recordsIn(body.messages).map(readMessage),
    tools: body.tool_choice === "none" ? [] : readTools(body.tools),
    thinks,
    maxTokens: typeof limit === "number" ? limit : null,
    stop: [stop].flat().filter((text) => typeof text === "string"),
    json: isRecord(response_format) && response_format.type !== "text",
  };
}

export function hasMedia(body: Record<string, unknown>): boolean {
  return recordsIn(body.messages).some((message) => readMessage(message).media > 0);
}

function readMessage(message: Record<string, unknown>): Message {
  const { role, content } = message;
  if (!Array.isArray(content)) return { role: `${role}`, text: typeof content === "string" ? content : "", media: 0 };
  const parts = recordsIn(content);
  const texts = parts.flatMap((part) => (typeof part.text === "string" ? [part.text] : []));
  return { role: `${role}`, text: texts.join("\n"), media: parts.filter((part) => part.type !== "text").length };
}

function readTools(tools: unknown): Tool[] {
  return recordsIn(tools).flatMap(({ function: told }) => {
    if (!isRecord(told) || typeof told.name !== "string") return [];
    const { name, description, parameters } = told;
    return [{ name, description: `${description ?? ""}`, parameters: isRecord(parameters) ? parameters : {} }];
  });
}
