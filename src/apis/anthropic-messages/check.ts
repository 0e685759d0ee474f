import { invalid, isObject } from "../json.ts";
import { boolean, checkFields, isNumberIn, isString, modelName, object, rules, strings, tokenCount } from "../rules.ts";

/**
 * Checks the frame of a request: the fields that the API defines, and the tools. Its blocks are checked where they are
 * read. Throws `invalid_request` with the path of the first field that is wrong.
 */
export function checkMessages(body: Record<string, unknown>, isAnswered: boolean): void {
  checkFields(body, fields);
  if (body.model === null || body.model === "") throw invalid("model", "must be a non-empty string");
  if (isAnswered && typeof body.max_tokens !== "number") {
    throw invalid("max_tokens", "is required: a whole number of at least 1");
  }
  if (!Array.isArray(body.messages)) throw invalid("messages", "must be a non-empty array of messages");
  if (body.messages.length === 0) throw invalid("messages", "must hold at least one message");
  if (isObject(body.thinking)) checkThinking(body.thinking);
  if (Array.isArray(body.tools)) for (const [i, tool] of body.tools.entries()) checkTool(tool, `tools[${i}]`);
  if (isObject(body.tool_choice)) checkChoice(body.tool_choice);
}

const fields = rules({
  model: modelName,
  stream: boolean,
  max_tokens: tokenCount,
  temperature: [isNumberIn(0, 2), "must be a number from 0 to 1"],
  top_p: [isNumberIn(0, 1), "must be a number from 0 to 1"],
  top_k: [isNumberIn(0, Number.MAX_SAFE_INTEGER), "must be a whole number"],
  stop_sequences: strings,
  system: [(value) => isString(value) || Array.isArray(value), "must be a string or an array of text blocks"],
  tools: [Array.isArray, "must be an array of tools"],
  tool_choice: [isObject, 'must be an object such as {"type":"auto"}'],
  thinking: [isObject, 'must be an object such as {"type":"enabled","budget_tokens":4096}'],
  metadata: object,
});

function checkThinking({ type, budget_tokens: budget }: Record<string, unknown>): void {
  if (!isString(type) || !["enabled", "disabled", "adaptive"].includes(type)) {
    throw invalid("thinking.type", "must be one of enabled, disabled, adaptive");
  }
  if (budget !== undefined && !isNumberIn(1, Number.MAX_SAFE_INTEGER)(budget)) {
    throw invalid("thinking.budget_tokens", "must be a whole number of at least 1");
  }
}

/** Tools with a type of their own run at Anthropic, or are known to its models by name: they carry no schema. */
export const isOwnTool = ({ type }: Record<string, unknown>): boolean => type !== undefined && type !== "custom";

function checkTool(tool: unknown, path: string): void {
  if (!isObject(tool)) throw invalid(path, "must be an object with 'name' and 'input_schema'");
  if (isOwnTool(tool)) return;
  if (!isString(tool.name) || !/^[a-zA-Z0-9_.-]{1,128}$/.test(tool.name)) {
    throw invalid(`${path}.name`, "must be 1 to 128 letters, digits, '_', '.' or '-'");
  }
  if (!isObject(tool.input_schema)) throw invalid(`${path}.input_schema`, "must be a JSON schema");
}

function checkChoice({ type, name }: Record<string, unknown>): void {
  if (!isString(type) || !["auto", "any", "tool", "none"].includes(type)) {
    throw invalid("tool_choice.type", "must be one of auto, any, tool, none");
  }
  if (type === "tool" && !isString(name)) throw invalid("tool_choice.name", "must be the name of a tool");
}
