import type { ChatMessage, ChatRequest } from "~/chat/chat.ts";
import { placed } from "~/chat/places.ts";
import { withoutBlanks } from "../house.ts";
import { isObject } from "../json.ts";
import { chatMessages } from "./items.ts";
import type { Item } from "./memory.ts";

type Fields = Record<string, unknown>;

/**
 * A checked request in the house language. `items` is its whole input, the first `known` of them from earlier answers.
 * Tools that run at OpenAI, or that only its models know, are left out: a model cannot call what nobody would run.
 */
export function toChat(body: Fields, model: string, items: readonly Item[], known: number): ChatRequest {
  const { instructions, stream, temperature, top_p, reasoning, user, safety_identifier } = body;
  const functions = Array.isArray(body.tools) ? (body.tools as Fields[]).filter(({ type }) => type === "function") : [];
  const rest = withoutBlanks({
    stream,
    temperature,
    top_p,
    max_tokens: body.max_output_tokens,
    ...(functions.length > 0 && {
      tools: functions.map(chatTool),
      tool_choice: chatChoice(body.tool_choice),
      parallel_tool_calls: body.parallel_tool_calls === false ? false : null,
    }),
    response_format: responseFormat(body.text),
    reasoning_effort: isObject(reasoning) ? reasoning.effort : null,
    user: user ?? safety_identifier,
  });
  const told: ChatMessage[] = instructions ? [{ role: "system", content: `${instructions}` }] : [];
  return { model, messages: [...told, ...chatMessages(items, known)], ...rest };
}

function chatTool({ name, description, parameters, strict }: Fields): Fields {
  const isStrict = strict === true ? true : null;
  return { type: "function", function: withoutBlanks({ name, description, parameters, strict: isStrict }) };
}

function chatChoice(choice: unknown): unknown {
  if (!isObject(choice)) return choice;
  if (choice.type === "function") return { type: "function", function: { name: choice.name } };
  if (choice.type !== "allowed_tools") return null;
  const tools = Array.isArray(choice.tools) ? choice.tools.filter(isObject).map(chatTool) : [];
  return { type: "allowed_tools", allowed_tools: { mode: choice.mode, tools } };
}

function responseFormat(text: unknown): Fields | null {
  if (!isObject(text) || !isObject(text.format)) return null;
  const { type, name, description, schema, strict } = text.format;
  if (type === "json_object") return { type };
  if (type !== "json_schema") return null;
  if (isObject(schema)) placed(schema, "text.format.schema");
  return { type, json_schema: withoutBlanks({ name, description, schema, strict }) };
}
