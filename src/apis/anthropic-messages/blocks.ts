import type { ChatMessage, ChatPart, ToolCall } from "~/chat/chat.ts";
import { falsePicture, isFalsePicture } from "~/chat/pictures.ts";
import { placed } from "~/chat/places.ts";
import { invalid, isObject } from "../json.ts";

type Block = Record<string, unknown>;

/** The system prompt as a message, where there is one. */
export function systemMessages(system: unknown): ChatMessage[] {
  if (system === undefined || system === null || system === "") return [];
  const text =
    typeof system === "string"
      ? system
      : blocksIn(system, "system")
          .map((block, i) => textOf(block, `system[${i}]`))
          .join("\n\n");
  return [{ role: "system", content: text }];
}

/**
 * Anthropic's messages as the house has them: results of tools are messages of their own, calls and thoughts stand
 * beside the text. Throws `invalid_request` with the path of what is not as the API has it.
 */
export function chatMessages(messages: unknown[]): ChatMessage[] {
  const calls = new Set<string>();
  return messages.flatMap((message, i) => {
    const path = `messages[${i}]`;
    if (!isObject(message)) throw invalid(path, "must be an object with 'role' and 'content'");
    const { role, content } = message;
    if (role === "system") return systemMessages(content);
    if (role !== "user" && role !== "assistant") throw invalid(`${path}.role`, "must be user or assistant");
    if (typeof content === "string") return [{ role, content }];
    if (!Array.isArray(content)) throw invalid(`${path}.content`, "must be a string or an array of blocks");
    const blocks = blocksIn(content, `${path}.content`);
    const at = (j: number) => `${path}.content[${j}]`;
    return role === "user" ? userMessages(blocks, at, calls) : assistantMessages(blocks, at, calls);
  });
}

type At = (index: number) => string;

function userMessages(blocks: Block[], at: At, calls: Set<string>): ChatMessage[] {
  const results: ChatMessage[] = [];
  const parts: ChatPart[] = [];
  for (const [j, block] of blocks.entries()) {
    if (block.type === "tool_result") {
      const { message, media } = toolResult(block, at(j), calls);
      results.push(message);
      parts.push(...media);
    } else parts.push(...partsOf(block, at(j)));
  }
  if (parts.length === 0) return results;
  const [only] = parts;
  const content = parts.length === 1 && only?.type === "text" ? `${only.text}` : parts;
  return [...results, { role: "user", content }];
}

function assistantMessages(blocks: Block[], at: At, calls: Set<string>): ChatMessage[] {
  let content = "";
  let thinking = "";
  const tool_calls: ToolCall[] = [];
  for (const [j, block] of blocks.entries()) {
    const path = at(j);
    if (block.type === "tool_use") {
      tool_calls.push(toolCall(block, path, calls));
    } else if (block.type === "thinking") {
      if (typeof block.thinking !== "string") throw invalid(`${path}.thinking`, "must be a string");
      thinking += block.thinking;
    } else if (!unreadable.has(`${block.type}`)) {
      for (const part of partsOf(block, path)) {
        if (part.type !== "text") throw invalid(path, "must be text: only users send media");
        content += part.text;
      }
    }
  }
  const message: ChatMessage = { role: "assistant", content: content === "" ? null : content };
  if (thinking !== "") message.reasoning_content = thinking;
  if (tool_calls.length > 0) message.tool_calls = tool_calls;
  return content === "" && tool_calls.length === 0 && thinking === "" ? [] : [message];
}

/**
 * What was redacted only its own upstream could read. A call of a tool that ran at Anthropic has its result behind it in the
 * same message, where another model looks for none.
 */
const unreadable = new Set(["redacted_thinking", "server_tool_use", "mcp_tool_use"]);

function toolCall({ id, name, input }: Block, path: string, calls: Set<string>): ToolCall {
  if (typeof id !== "string" || id === "") throw invalid(`${path}.id`, "must be a non-empty string");
  if (typeof name !== "string" || name === "") throw invalid(`${path}.name`, "must be a non-empty string");
  if (!isObject(input)) throw invalid(`${path}.input`, "must be an object");
  if (calls.has(id)) throw invalid(`${path}.id`, "is the id of an earlier call: each call needs its own");
  calls.add(id);
  return { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
}

/** A result as text; pictures in it are handed on behind it, since a tool's message holds none. */
function toolResult(block: Block, path: string, calls: Set<string>): { message: ChatMessage; media: ChatPart[] } {
  const { tool_use_id: id, content = "", is_error: isError } = block;
  if (typeof id !== "string") throw invalid(`${path}.tool_use_id`, "must be a string");
  if (!calls.has(id)) throw invalid(`${path}.tool_use_id`, "names no tool_use block before it");
  const parts: ChatPart[] =
    typeof content === "string"
      ? [{ type: "text", text: content }]
      : blocksIn(content, `${path}.content`).flatMap((inner, k) => partsOf(inner, `${path}.content[${k}]`));
  const text = parts.map((part) => (part.type === "text" ? `${part.text}` : "[see below]")).join("\n");
  return {
    message: { role: "tool", tool_call_id: id, content: isError === true ? `The tool failed: ${text}` : text },
    media: parts.filter(({ type }) => type !== "text"),
  };
}

/** A block of words or media as parts of the house. */
function partsOf(block: Block, path: string): ChatPart[] {
  return readBlock(block, path).map((part) => placed(part, path));
}

function readBlock(block: Block, path: string): ChatPart[] {
  switch (block.type) {
    case "text":
      return [{ type: "text", text: textOf(block, path) }];
    case "image":
      return [imagePart(block.source, `${path}.source`)];
    case "document":
      return documentParts(block, path);
    case "search_result":
      return [{ type: "text", text: searchResult(block, path) }];
    // What a client's own search for tools found: all of them are offered here from the start.
    case "tool_reference":
      return [{ type: "text", text: `The tool ${block.tool_name ?? ""} is ready to be called.` }];
    default:
      // What Anthropic's own tools brought in an earlier turn.
      if (/^\w+_tool_result$/.test(`${block.type}`)) return [{ type: "text", text: JSON.stringify(block.content) }];
      throw invalid(`${path}.type`, `'${`${block.type}`.slice(0, 40)}' is not a block type that this API knows here`);
  }
}

function textOf(block: Block, path: string): string {
  if (block.type !== "text") throw invalid(`${path}.type`, "must be text");
  if (typeof block.text !== "string") throw invalid(`${path}.text`, "must be a string");
  return block.text;
}

// Addresses are only ever handed on as text: zgate itself fetches nothing that a client names.
function imagePart(source: unknown, path: string): ChatPart {
  const { type, url, media_type: mediaType, data } = sourceIn(source, path);
  if (type === "url") return { type: "image_url", image_url: { url: webAddress(url, `${path}.url`) } };
  if (type !== "base64") throw invalid(`${path}.type`, "must be base64 or url: there is no file store here");
  if (typeof mediaType !== "string" || !/^image\/[\w.+-]+$/i.test(mediaType)) {
    throw invalid(`${path}.media_type`, "must be an image type such as image/png");
  }
  const picture = `data:${mediaType};base64,${base64(data, `${path}.data`)}`;
  if (isFalsePicture(picture)) throw invalid(`${path}.data`, falsePicture);
  return { type: "image_url", image_url: { url: picture } };
}

function documentParts(block: Block, path: string): ChatPart[] {
  const at = `${path}.source`;
  const { type, url, media_type: mediaType, data, content } = sourceIn(block.source, at);
  const [title, context] = [block.title, block.context].map((said) => (typeof said === "string" ? said : ""));
  const about = [title, context].filter((said) => said);
  const intro = about.length > 0 ? [{ type: "text", text: about.join("\n\n") }] : [];
  if (type === "text") {
    if (typeof data !== "string") throw invalid(`${at}.data`, "must be a string");
    return [{ type: "text", text: [...about, data].join("\n\n") }];
  }
  if (type === "content") {
    if (typeof content === "string") return [{ type: "text", text: [...about, content].join("\n\n") }];
    const inside = blocksIn(content, `${at}.content`);
    return [...intro, ...inside.flatMap((inner, k) => partsOf(inner, `${at}.content[${k}]`))];
  }
  if (type === "url") return [...intro, { type: "file_url", file_url: { url: webAddress(url, `${at}.url`) } }];
  if (type !== "base64")
    throw invalid(`${at}.type`, "must be base64, text, content or url: there is no file store here");
  if (typeof mediaType !== "string" || !/^(application|text)\/[\w.+-]+$/i.test(mediaType)) {
    throw invalid(`${at}.media_type`, "must be a document type such as application/pdf");
  }
  const file_data = `data:${mediaType};base64,${base64(data, `${at}.data`)}`;
  const said = context ? [{ type: "text", text: context }] : [];
  return [...said, { type: "file", file: { filename: title || "document.pdf", file_data } }];
}

function searchResult({ title, source, content }: Block, path: string): string {
  const words = blocksIn(content, `${path}.content`).map((block, k) => textOf(block, `${path}.content[${k}]`));
  return [`${title ?? ""} (${source ?? ""})`, ...words].join("\n");
}

function blocksIn(value: unknown, path: string): Block[] {
  if (!Array.isArray(value)) throw invalid(path, "must be a string or an array of blocks");
  for (const [i, block] of value.entries()) {
    if (!isObject(block)) throw invalid(`${path}[${i}]`, "must be an object with a 'type'");
  }
  return value;
}

function sourceIn(source: unknown, path: string): Block {
  if (!isObject(source)) throw invalid(path, "must be an object with a 'type'");
  return source;
}

function webAddress(url: unknown, path: string): string {
  if (typeof url !== "string" || !/^https?:\/\//i.test(url)) throw invalid(path, "must be an http or https address");
  return url;
}

function base64(data: unknown, path: string): string {
  if (typeof data !== "string" || !/^[A-Za-z0-9+/_-]{4}/.test(data)) throw invalid(path, "must be base64 data");
  return data;
}
