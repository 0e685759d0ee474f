import { GatewayError } from "~/errors.ts";
import { invalid, isObject } from "../json.ts";
import { boolean, checkFields, isNumberIn, isString, modelName, object, rules, string, tokenCount } from "../rules.ts";

/**
 * Checks the frame of a request: the fields that the API defines, and its functions. Items are checked where they are
 * read. Throws `invalid_request` with the path of the first field that is wrong.
 */
export function checkResponses(body: Record<string, unknown>): void {
  checkFields(body, fields);
  if (body.model === null || body.model === "") throw invalid("model", "must be a non-empty string");
  if (body.input === undefined || body.input === null) throw invalid("input", "must be a string or an array of items");
  if (Array.isArray(body.input) && body.input.length === 0 && !isString(body.previous_response_id)) {
    throw invalid("input", "must hold at least one item");
  }
  for (const field of elsewhere) {
    if (body[field] === undefined || body[field] === null || body[field] === false) continue;
    throw new GatewayError("invalid_request", `'${field}' is kept at OpenAI: it does not exist here`, { param: field });
  }
  if (isObject(body.text) && isObject(body.text.format)) checkFormat(body.text.format);
  if (Array.isArray(body.tools)) for (const [i, tool] of body.tools.entries()) checkTool(tool, `tools[${i}]`);
}

/** What lives in OpenAI's own stores and queues. */
const elsewhere = ["background", "conversation", "prompt"];

const fields = rules({
  model: modelName,
  input: [(value) => isString(value) || Array.isArray(value), "must be a string or an array of items"],
  instructions: string,
  stream: boolean,
  store: boolean,
  temperature: [isNumberIn(0, 2), "must be a number from 0 to 2"],
  top_p: [isNumberIn(0, 1), "must be a number from 0 to 1"],
  max_output_tokens: tokenCount,
  tools: [Array.isArray, "must be an array of tools"],
  tool_choice: [(value) => isString(value) || isObject(value), "must be a string or an object"],
  parallel_tool_calls: boolean,
  previous_response_id: string,
  reasoning: object,
  text: object,
});

function checkFormat({ type, name, schema }: Record<string, unknown>): void {
  if (!isString(type) || !["text", "json_object", "json_schema"].includes(type)) {
    throw invalid("text.format.type", "must be one of text, json_object, json_schema");
  }
  if (type !== "json_schema") return;
  if (!isString(name)) throw invalid("text.format.name", "must be a string");
  if (!isObject(schema)) throw invalid("text.format.schema", "must be a JSON schema");
}

function checkTool(tool: unknown, path: string): void {
  if (!isObject(tool) || !isString(tool.type)) throw invalid(path, "must be an object with a string 'type'");
  if (tool.type === "namespace" && Array.isArray(tool.tools)) {
    if (!isString(tool.name)) throw invalid(`${path}.name`, "must be a string");
    for (const [i, inner] of tool.tools.entries()) checkTool(inner, `${path}.tools[${i}]`);
  }
  if (tool.type !== "function") return;
  if (!isString(tool.name) || !/^[a-zA-Z0-9_.-]{1,128}$/.test(tool.name)) {
    throw invalid(`${path}.name`, "must be 1 to 128 letters, digits, '_', '.' or '-'");
  }
}
