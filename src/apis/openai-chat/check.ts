import type { ChatRequest } from "~/chat/chat.ts";
import { falsePicture, isFalsePicture } from "~/chat/pictures.ts";
import { placed } from "~/chat/places.ts";
import { invalid, isObject } from "../json.ts";
import {
  boolean,
  checkFields,
  isBoolean,
  isIntegerIn,
  isNumberIn,
  isString,
  modelName,
  object,
  type Rule,
  rules,
  string,
  tokenCount,
} from "../rules.ts";

/**
 * Checks the frame of a request: the types of the fields that the API defines, the roles and the parts. A null is as
 * good as an absent field; fields that the API does not define ride along unseen.
 * Throws `invalid_request` with the path of the first field that is wrong.
 */
export function check(body: Record<string, unknown>): asserts body is ChatRequest {
  checkFields(body, fields);
  if (body.model === null || body.model === "") throw invalid("model", "must be a non-empty string");
  if (!Array.isArray(body.messages)) throw invalid("messages", "must be a non-empty array of messages");
  if (body.messages.length === 0) throw invalid("messages", "must hold at least one message");
  body.messages.forEach(checkMessage);
  checkResults(body.messages);
  if (Array.isArray(body.tools)) body.tools.forEach(checkTool);
  checkChoice(body);
}

const penalty: Rule = [isNumberIn(-2, 2), "must be a number from -2 to 2"];

const fields = rules({
  model: modelName,
  stream: boolean,
  stream_options: object,
  temperature: [isNumberIn(0, 2), "must be a number from 0 to 2"],
  top_p: [isNumberIn(0, 1), "must be a number from 0 to 1"],
  max_tokens: tokenCount,
  max_completion_tokens: tokenCount,
  n: [isIntegerIn(1, 128), "must be a whole number from 1 to 128"],
  presence_penalty: penalty,
  frequency_penalty: penalty,
  stop: [(value) => isString(value) || (Array.isArray(value) && value.every(isString)), "must be a string or strings"],
  tools: [Array.isArray, "must be an array of tools"],
  tool_choice: [(value) => isString(value) || isObject(value), "must be a string or an object"],
  response_format: [(value) => isObject(value) && isString(value.type), "must be an object with a string 'type'"],
  reasoning_effort: string,
  thinking: [(value) => isObject(value) || isBoolean(value), 'must be an object such as {"type":"enabled"}'],
  enable_thinking: boolean,
  user: string,
});

const roles = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

function checkMessage(message: unknown, i: number): void {
  const path = `messages[${i}]`;
  if (!isObject(message)) throw invalid(path, "must be an object with 'role' and 'content'");
  const { role, content } = message;
  if (typeof role !== "string" || !roles.has(role))
    throw invalid(`${path}.role`, `must be one of ${[...roles].join(", ")}`);
  if (role === "tool" && !isString(message.tool_call_id)) throw invalid(`${path}.tool_call_id`, "must be a string");

  // An assistant's turn may be nothing but tool calls, and some clients send that as an empty list.
  const mayBeEmpty = role === "assistant" || role === "function";
  if (content === undefined || content === null) {
    if (!mayBeEmpty) throw invalid(`${path}.content`, "must be a string or an array of parts");
  } else if (Array.isArray(content)) {
    if (content.length === 0 && !mayBeEmpty) throw invalid(`${path}.content`, "must hold at least one part");
    for (const [j, part] of content.entries()) checkPart(part, `${path}.content[${j}]`);
  } else if (typeof content !== "string") {
    throw invalid(`${path}.content`, "must be a string or an array of parts");
  }
  if (Array.isArray(message.tool_calls)) {
    const ids = new Set<unknown>();
    for (const [j, call] of message.tool_calls.entries()) checkToolCall(call, `${path}.tool_calls[${j}]`, ids);
  }
}

/** A tool's result answers a call that an assistant made before it. */
function checkResults(messages: readonly Record<string, unknown>[]): void {
  if (!messages.some(({ role }) => role === "tool")) return;
  const called = new Set<unknown>();
  for (const [i, { role, tool_call_id, tool_calls }] of messages.entries()) {
    if (Array.isArray(tool_calls)) for (const { id } of tool_calls) called.add(id);
    if (role === "tool" && !called.has(tool_call_id)) {
      throw invalid(`messages[${i}].tool_call_id`, "must be the id of a call that an earlier message made");
    }
  }
}

/** Part types that carry an address, and the kind of data that an inline one may hold. */
const mediaTypes: Record<string, RegExp> = {
  image_url: /^image\//i,
  video_url: /^video\//i,
  audio_url: /^audio\//i,
  document_url: /^(application|text)\/(?!html)/i,
  file_url: /^(application|text)\/(?!html)/i,
};

function checkPart(part: unknown, path: string): void {
  if (!isObject(part)) throw invalid(path, "must be an object with a 'type'");
  const { type } = part;
  if (typeof type !== "string") throw invalid(`${path}.type`, "must be a string");
  if (type === "text" || type === "refusal") {
    if (!isString(part[type])) throw invalid(`${path}.${type}`, "must be a string");
  } else if (type === "input_audio" || type === "file") {
    if (!isObject(part[type])) throw invalid(`${path}.${type}`, "must be an object");
    placed(part, path);
  } else if (Object.hasOwn(mediaTypes, type)) {
    const url = checkAddress(part[type], `${path}.${type}`, mediaTypes[type]!);
    if (type === "image_url" && isFalsePicture(url)) throw invalid(path, falsePicture);
    placed(part, path);
  } else {
    throw invalid(`${path}.type`, `'${type.slice(0, 40)}' is not a part type that this API knows`);
  }
}

// The address is only ever handed on as text: zgate itself fetches nothing that a client names.
function checkAddress(holder: unknown, path: string, inlineType: RegExp): string {
  const url = isObject(holder) ? holder.url : holder;
  if (typeof url !== "string" || url === "") throw invalid(`${path}.url`, "must be a non-empty string");
  const isData = /^data:/i.test(url);
  if (isData && !inlineType.test(url.slice(5)))
    throw invalid(`${path}.url`, "holds data of another kind than the part");
  if (!isData && /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:\/\//i.test(url)) {
    throw invalid(`${path}.url`, "must be an http, https or data address");
  }
  return url;
}

/** A function that is to be called is one of those that are offered. */
function checkChoice({ tools, tool_choice: choice }: Record<string, unknown>): void {
  if (!isObject(choice) || choice.type !== "function") return;
  const nameOf = (tool: unknown) =>
    isObject(tool) ? (isObject(tool.function) ? tool.function.name : tool.name) : null;
  const name = nameOf(choice);
  if (!isString(name)) throw invalid("tool_choice.function.name", "must be the name of a function");
  if (Array.isArray(tools) && tools.some((tool) => nameOf(tool) === name)) return;
  throw invalid("tool_choice", `names '${name.slice(0, 64)}', which 'tools' does not offer`);
}

function checkTool(tool: unknown, i: number): void {
  const path = `tools[${i}]`;
  if (!isObject(tool) || !isString(tool.type)) throw invalid(path, "must be an object with a string 'type'");
  if (tool.type !== "function") return;
  // Some editors send the function's fields flat, beside the type.
  const definition = tool.function ?? tool;
  if (!isObject(definition)) throw invalid(`${path}.function`, "must be an object");
  if (typeof definition.name !== "string" || !/^[a-zA-Z0-9_.-]{1,64}$/.test(definition.name)) {
    throw invalid(`${path}.function.name`, "must be 1 to 64 letters, digits, '_', '.' or '-'");
  }
}

function checkToolCall(call: unknown, path: string, ids: Set<unknown>): void {
  if (!isObject(call) || !isObject(call.function)) throw invalid(path, "must be an object with a 'function'");
  if (!isString(call.function.name)) throw invalid(`${path}.function.name`, "must be a string");
  if (isString(call.id) && ids.has(call.id)) throw invalid(`${path}.id`, "is the id of another call of this message");
  ids.add(call.id);
}
