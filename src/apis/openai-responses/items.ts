import type { ChatMessage, ChatPart } from "~/chat/chat.ts";
import { falsePicture, isFalsePicture } from "~/chat/pictures.ts";
import { placed } from "~/chat/places.ts";
import { invalid, isObject } from "../json.ts";
import type { Item } from "./memory.ts";
import { type functionsIn, houseNameOf } from "./tools.ts";

/**
 * Items as messages of the house: what a model thought, said and called in one turn is one message there.
 * `known` items come first: they are of earlier answers and need no path. Throws `invalid_request` with the path of what
 * is not as the API has it.
 */
export function chatMessages(items: readonly Item[], known: number, functions: Functions = []): ChatMessage[] {
  const messages: ChatMessage[] = [];
  const calls = new Set<string>();
  let turn: ChatMessage | null = null;
  /** What outputs showed: behind the last of them, since nothing may stand between the results of one turn. */
  let shown: ChatPart[] = [];

  // Everything of an assistant goes into its turn until somebody else speaks.
  const assistant = (): ChatMessage => {
    if (turn === null) {
      turn = { role: "assistant", content: null };
      messages.push(turn);
    }
    return turn;
  };
  const other = (message: ChatMessage): void => {
    turn = null;
    messages.push(message);
  };
  const show = (): void => {
    if (shown.length > 0) other({ role: "user", content: shown });
    shown = [];
  };

  for (const [i, item] of items.entries()) {
    // What was remembered is no part of the client's own list.
    const path = i < known ? `previous_response_id[${i}]` : `input[${i - known}]`;
    if (!isObject(item)) throw invalid(path, "must be an object with a 'type'");
    const type = item.type ?? (item.role === undefined ? undefined : "message");
    if (!outputs.has(`${type}`)) show();
    if (type === "message") {
      const { role } = item;
      if (role === "assistant") addText(assistant(), textOf(item, path));
      else if (role === "user") other({ role, content: userContent(item.content, `${path}.content`) });
      else if (role === "system" || role === "developer") other({ role: "system", content: textOf(item, path) });
      else throw invalid(`${path}.role`, "must be one of user, assistant, system, developer");
    } else if (type === "reasoning") {
      addThinking(assistant(), thinkingOf(item));
    } else if (type === "function_call" || type === "custom_tool_call") {
      addCall(assistant(), { ...item, name: houseNameOf(item, functions) }, path, calls);
    } else if (outputs.has(`${type}`)) {
      const { message, media } = callOutput(item, path, calls);
      other(message);
      shown.push(...media);
    } else if (!ignored.test(`${type}`)) {
      throw invalid(`${path}.type`, `'${`${type}`.slice(0, 40)}' is not an item type that this API knows here`);
    }
  }
  show();
  return messages;
}

type Functions = ReturnType<typeof functionsIn>;

const outputs = new Set(["function_call_output", "custom_tool_call_output"]);

/** What OpenAI's own tools did in an earlier turn: nothing that another model could go on with. */
const ignored =
  /^(web_search|file_search|computer|code_interpreter|image_generation|local_shell|shell|apply_patch|tool_search|mcp)_|^(compaction|additional_tools)$/;

function addText(turn: ChatMessage, text: string): void {
  turn.content = turn.content ? `${turn.content}\n\n${text}` : text;
}

function addThinking(turn: ChatMessage, thinking: string): void {
  if (thinking === "") return;
  turn.reasoning_content = turn.reasoning_content ? `${turn.reasoning_content}\n\n${thinking}` : thinking;
}

function addCall(turn: ChatMessage, item: Item, path: string, calls: Set<string>): void {
  const { call_id: id, name, arguments: said, input } = item;
  if (typeof id !== "string" || id === "") throw invalid(`${path}.call_id`, "must be a non-empty string");
  if (typeof name !== "string" || name === "") throw invalid(`${path}.name`, "must be a non-empty string");
  const text = item.type === "custom_tool_call" ? JSON.stringify({ input }) : said;
  if (typeof text !== "string") throw invalid(`${path}.arguments`, "must be a string that holds JSON");
  if (calls.has(id)) throw invalid(`${path}.call_id`, "is the id of an earlier call: each call needs its own");
  calls.add(id);
  const call = { id, type: "function", function: { name, arguments: text || "{}" } };
  turn.tool_calls = [...((turn.tool_calls as object[] | undefined) ?? []), call];
}

/** An output as text; pictures in it are handed on behind it, since a tool's message holds none. */
function callOutput(item: Item, path: string, calls: Set<string>): { message: ChatMessage; media: ChatPart[] } {
  const { call_id: id, output } = item;
  if (typeof id !== "string") throw invalid(`${path}.call_id`, "must be a string");
  if (!calls.has(id)) throw invalid(`${path}.call_id`, "names no function_call before it");
  const content = typeof output === "string" ? output : userContent(output, `${path}.output`);
  const parts: ChatPart[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const text = parts.map((part) => (part.type === "text" ? `${part.text}` : "[see below]")).join("\n");
  return { message: { role: "tool", tool_call_id: id, content: text }, media: parts.filter(isMedia) };
}

const isMedia = ({ type }: ChatPart): boolean => type !== "text";

function textOf({ content }: Item, path: string): string {
  const said = userContent(content, `${path}.content`);
  if (typeof said === "string") return said;
  const media = said.findIndex(isMedia);
  if (media >= 0) throw invalid(`${path}.content[${media}]`, "must be text: only users send media");
  return said.map(({ text }) => text).join("");
}

function thinkingOf({ summary, content }: Item): string {
  const parts = [content, summary].find((list) => Array.isArray(list) && list.length > 0);
  if (!Array.isArray(parts)) return "";
  return parts.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join("\n\n");
}

function userContent(content: unknown, path: string): string | ChatPart[] {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw invalid(path, "must be a string or an array of parts");
  const parts = content.map((part, j) => placed(chatPart(part, `${path}[${j}]`), `${path}[${j}]`));
  return parts.length === 1 && parts[0]!.type === "text" ? `${parts[0]!.text}` : parts;
}

// Addresses are only ever handed on as text: zgate itself fetches nothing that a client names.
function chatPart(part: unknown, path: string): ChatPart {
  if (!isObject(part)) throw invalid(path, "must be an object with a 'type'");
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text":
      if (typeof part.text !== "string") throw invalid(`${path}.text`, "must be a string");
      return { type: "text", text: part.text };
    case "refusal":
      return { type: "text", text: `${part.refusal ?? ""}` };
    case "input_image":
      return imagePart(part, path);
    case "input_file":
      return filePart(part, path);
    case "input_audio":
      if (!isObject(part.input_audio)) throw invalid(`${path}.input_audio`, "must be an object");
      return { type: "input_audio", input_audio: part.input_audio };
    default:
      throw invalid(`${path}.type`, `'${`${part.type}`.slice(0, 40)}' is not a part type that this API knows here`);
  }
}

function imagePart({ image_url: url, detail }: Item, path: string): ChatPart {
  if (typeof url !== "string") throw invalid(`${path}.image_url`, "must be a string: there is no file store here");
  if (!/^(https?:\/\/|data:image\/)/i.test(url)) {
    throw invalid(`${path}.image_url`, "must be an http or https address, or data of an image type");
  }
  if (isFalsePicture(url)) throw invalid(path, falsePicture);
  return { type: "image_url", image_url: { url, ...(typeof detail === "string" && { detail }) } };
}

function filePart({ file_data: data, file_url: url, filename }: Item, path: string): ChatPart {
  if (typeof data === "string") {
    return {
      type: "file",
      file: { filename: typeof filename === "string" ? filename : "document.pdf", file_data: data },
    };
  }
  if (typeof url !== "string") throw invalid(path, "must hold 'file_data' or 'file_url': there is no file store here");
  if (!/^https?:\/\//i.test(url)) throw invalid(`${path}.file_url`, "must be an http or https address");
  return { type: "file_url", file_url: { url } };
}
