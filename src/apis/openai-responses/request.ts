import type { ChatMessage, ChatRequest } from "~/chat/chat.ts";
import { placed } from "~/chat/places.ts";
import { withoutBlanks } from "../house.ts";
import { isObject } from "../json.ts";
import { chatMessages } from "./items.ts";
import type { Item } from "./memory.ts";
import { chosenTools, functionsIn } from "./tools.ts";

type Fields = Record<string, unknown>;

/** A checked request in the house language. `items` is its whole input, the first `known` of them from earlier answers. */
export function toChat(body: Fields, model: string, items: readonly Item[], known: number): ChatRequest {
  const { instructions, stream, temperature, top_p, reasoning, text, user, safety_identifier } = body;
  const functions = functionsIn(body);
  const rest = withoutBlanks({
    stream,
    temperature,
    top_p,
    max_tokens: body.max_output_tokens,
    ...(functions.length > 0 && {
      ...chosenTools(body.tool_choice, functions),
      parallel_tool_calls: body.parallel_tool_calls === false ? false : null,
    }),
    response_format: responseFormat(text),
    verbosity: isObject(text) ? text.verbosity : null,
    reasoning_effort: isObject(reasoning) ? reasoning.effort : null,
    user: user ?? safety_identifier,
  });
  const told: ChatMessage[] = instructions ? [{ role: "system", content: `${instructions}` }] : [];
  return { model, messages: [...told, ...chatMessages(items, known, functions)], ...rest };
}

function responseFormat(text: unknown): Fields | null {
  if (!isObject(text) || !isObject(text.format)) return null;
  const { type, name, description, schema, strict } = text.format;
  if (type === "json_object") return { type };
  if (type !== "json_schema") return null;
  if (isObject(schema)) placed(schema, "text.format.schema");
  return { type, json_schema: withoutBlanks({ name, description, schema, strict }) };
}
