import type { ChatRequest } from "~/chat/chat.ts";
import { placed } from "~/chat/places.ts";
import { withoutBlanks } from "../house.ts";
import { invalid, isObject } from "../json.ts";
import { chatMessages, systemMessages } from "./blocks.ts";
import { isOwnTool } from "./check.ts";

type Fields = Record<string, unknown>;

/**
 * A checked request in the house language. What only Anthropic's models know (`top_k`, betas, containers, cache marks)
 * is left out here; through an upstream's own door it rides along.
 */
export function toChat(body: Fields, model: string): ChatRequest {
  const { tools, tool_choice: choice, stream, max_tokens, temperature, top_p, thinking, metadata } = body;
  const stop = Array.isArray(body.stop_sequences) && body.stop_sequences.length > 0 ? body.stop_sequences : null;
  const known = Array.isArray(tools) ? (tools as Fields[]).filter((tool) => !isOwnTool(tool)) : [];
  const rest = withoutBlanks({
    stream,
    max_tokens,
    temperature,
    top_p,
    stop,
    ...(known.length > 0 && { tools: known.map(chatTool), ...chatChoice(choice) }),
    thinking: isObject(thinking) ? { type: thinking.type === "disabled" ? "disabled" : "enabled" } : null,
    reasoning_effort: isObject(body.output_config) ? body.output_config.effort : null,
    response_format: responseFormat(body),
    user: isObject(metadata) ? metadata.user_id : null,
  });
  return { model, messages: [...systemMessages(body.system), ...chatMessages(body.messages as unknown[])], ...rest };
}

function chatTool({ name, description, input_schema: parameters, strict }: Fields): Fields {
  const isStrict = strict === true ? true : null;
  return { type: "function", function: withoutBlanks({ name, description, parameters, strict: isStrict }) };
}

function chatChoice(choice: unknown): Fields {
  if (!isObject(choice)) return {};
  const { type, name, disable_parallel_tool_use: oneAtATime } = choice;
  const chosen = type === "tool" ? { type: "function", function: { name } } : choices[`${type}`];
  return { tool_choice: chosen, ...(oneAtATime === true && { parallel_tool_calls: false }) };
}

const choices: Record<string, string> = { auto: "auto", any: "required", none: "none" };

/** `output_config.format`, before that `output_format`. https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs */
function responseFormat({ output_config: config, output_format: bare }: Fields): Fields | null {
  const isNew = isObject(config) && isObject(config.format);
  const format = isNew ? config.format : bare;
  const path = isNew ? "output_config.format" : "output_format";
  if (!isObject(format)) return null;
  if (format.type !== "json_schema" || !isObject(format.schema)) {
    throw invalid(path, "must be of type json_schema with a 'schema'");
  }
  placed(format.schema, `${path}.schema`);
  return { type: "json_schema", json_schema: { name: "answer", schema: format.schema, strict: true } };
}
