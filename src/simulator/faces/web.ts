import { webModels } from "../models.ts";
import { json, type Trouble } from "../trouble.ts";
import { type Call, type Message, pieces, type Told, type Tool } from "../words.ts";
import { hasMedia, readPrompt } from "./ask.ts";
import { type Ask, type Complaint, type Face, type Frame, isRecord, recordsIn } from "./face.ts";

/** chat.z.ai: one text for each answer, and a stream of edits to it. It streams whatever is asked. */
export const web: Face = {
  name: "web",
  check,
  prompt({ body }) {
    const params = isRecord(body.params) ? body.params : {};
    const thinks = isRecord(body.features) && body.features.enable_thinking === true;
    const prompt = readPrompt(body, thinks);
    return {
      ...prompt,
      tools: [...prompt.tools, ...toolsInWords(prompt.messages)],
      messages: prompt.messages.map(asToolResult),
      maxTokens: typeof params.max_tokens === "number" ? params.max_tokens : null,
    };
  },
  streams: () => true,
  frames(said, { body }) {
    const reply = toolsInWords(readPrompt(body, false).messages).length > 0 ? inWords(said) : said;
    return [
      ...edits(reply),
      ...(reply.usage === null || reply.calls.length > 0
        ? []
        : [frame("usage", { phase: "other", usage: reply.usage })]),
      frame("finish", { phase: "done", done: true }),
      { part: "done", data: '{"data":"[DONE]","type":"chat:completion"}' },
    ];
  },
  whole: () => "",
  refusal: ({ status, code, message }) =>
    json(status, status === 401 ? { detail: message } : { error: { detail: message, code } }),
  inband: (trouble) => inlineError(trouble),
};

/** The site knows no role for what a tool said, so clients tell it in words, and the model understands them. */
function asToolResult(message: Message): Message {
  const told = /^<tool_result[^>]*>\n?([\s\S]*?)\n?<\/tool_result>/.exec(message.text)?.[1];
  return told === undefined ? message : { ...message, role: "tool", text: told };
}

/** Tools that a client describes in its system prompt, a line of JSON for each, as the site's own field mixes them with its own. */
function toolsInWords(messages: Message[]): Tool[] {
  const lines = messages.flatMap(({ role, text }) => (role === "system" ? text.split("\n") : []));
  return lines.filter((line) => line.startsWith('{"name":')).map(readTool);
}

function readTool(line: string): Tool {
  const { name, description = "", parameters = {} } = JSON.parse(line) as Tool;
  return { name, description, parameters };
}

/** The calls as a model writes them that was told to: one block of JSON behind its words. */
function inWords(said: Told): Told {
  if (said.calls.length === 0) return said;
  const tool_calls = said.calls.map(({ id, name, arguments: json }) => ({
    id,
    type: "function",
    function: { name, arguments: json },
  }));
  const block = `\n\n\`\`\`json\n${JSON.stringify({ tool_calls })}\n\`\`\``;
  return { ...said, answer: [...said.answer, ...pieces(block)], calls: [] };
}

export function isGuest(bearer: string): boolean {
  const payload = Buffer.from(bearer.split(".")[1] ?? "", "base64url").toString();
  return payload.includes("@guest.com");
}

/** A guest's token as the site makes them: a JWT without an end. */
export function guestToken(number: number): string {
  const id = `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
  const parts = [{ alg: "ES256" }, { id, email: `Guest-${number}@guest.com` }];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), "unsigned"].join(".");
}

function check({ exchange, body, bearer, model }: Ask): Complaint | null {
  if (bearer === null) {
    return { violation: "no bearer", answer: json(401, { detail: "Not authenticated" }) };
  }
  const known = webModels.find((candidate) => candidate.id === model);
  const missing = ["chat_id", "id", "model", "messages"].filter((field) => body[field] === undefined);
  if (missing.length > 0) return refuse(`${missing[0]} missing`);
  if (!exchange.header("content-type")?.startsWith("application/json")) return refuse("content type is not JSON");
  if (body.stream !== true) return refuse("stream is not true");
  if (known === undefined) return refuse(`model not found: ${model}`);

  const roles = recordsIn(body.messages).map(({ role }) => `${role}`);
  const strange = roles.find((role) => !["system", "user", "assistant"].includes(role));
  if (strange !== undefined || recordsIn(body.messages).some(({ tool_calls }) => tool_calls !== undefined)) {
    return inline(`role ${strange ?? "assistant"} with calls`, "INTERNAL_ERROR", "Oops, something went wrong");
  }
  if (isGuest(bearer) && !known.open) return inline(null, 403, "Model not available for current user level");
  if (hasMedia(body) && isGuest(bearer))
    return inline(null, 500, "Oops, something went wrong. Please try again later.");
  if (hasMedia(body) && !known.sees) return inline("media for a model that does not see", "INTERNAL_ERROR", "oops");
  return null;
}

function refuse(violation: string): Complaint {
  return { violation, answer: json(400, { detail: violation }) };
}

function inline(violation: string | null, code: string | number, detail: string): Complaint {
  return { violation, answer: [frame("error", { content: "", done: true, error: { code, detail } })] };
}

/** The site says the same thing in two places, the outer one being what its own page reads. */
function inlineError({ code, message }: Trouble): Frame {
  const error = { detail: message, code: /^\d{3}$/.test(code) ? Number(code) : code };
  return frame("error", { data: { error, done: true }, error, done: true });
}

/** The document's growth. Only its length matters here: an edit names the character at which it begins. */
function edits(reply: Told): Frame[] {
  const frames: Frame[] = [];
  let length = 0;
  const append = (part: Frame["part"], phase: string, text: string) => {
    frames.push(frame(part, { delta_content: text, phase }));
    length += characters(text);
  };
  const edit = (part: Frame["part"], phase: string, at: number, text: string, more: object = {}) => {
    frames.push(frame(part, { edit_index: at, edit_content: text, phase, ...more }));
    length = at + characters(text);
  };

  const [first = "", ...rest] = reply.answer;
  if (reply.thinking.length > 0) {
    reply.thinking.forEach((text, index) => {
      append("thinking", "thinking", (index === 0 ? OPENING : "") + text.replaceAll("\n", "\n> "));
    });
    const quoted = reply.thinking.join("").replaceAll("\n", "\n> ");
    const closing = `true" duration="2">\n<summary>Thought for 2 seconds</summary>\n> ${quoted}\n</details>\n`;
    edit("answer", "answer", DONE_AT, closing + first);
  } else if (first !== "") append("answer", "answer", first);
  for (const text of rest) append("answer", "answer", text);

  reply.calls.forEach((call, index) => {
    const { block, argumentsAt, resultAt } = toolBlock(call);
    const start = length;
    const isLast = index === reply.calls.length - 1;
    const middle = argumentsAt + Math.ceil(escaped(call.arguments).length / 2);
    const ending = block.slice(argumentsAt + escaped(call.arguments).length);
    edit("call", "tool_call", start, block.slice(0, middle) + ending);
    edit("call", "tool_call", start + characters(block.slice(0, middle)), block.slice(middle));
    const usage = isLast && reply.usage !== null ? { usage: reply.usage } : {};
    edit("call", "other", start + characters(block.slice(0, resultAt)), `null${block.slice(resultAt + 2)}`, usage);
  });
  return frames;
}

const OPENING = '<details type="reasoning" done="false">\n<summary>Thinking…</summary>\n> ';
const DONE_AT = '<details type="reasoning" done="'.length;

function toolBlock(call: Call): { block: string; argumentsAt: number; resultAt: number } {
  const before = `\n\n<glm_block >{"type": "mcp", "data": {"metadata": {"id": "${call.id}", "name": "${call.name}", "arguments": "`;
  const told = `${before}${escaped(call.arguments)}", "result": `;
  const tail =
    '"", "display_result": "", "duration": "...", "status": "completed", "is_error": false, ' +
    '"mcp_server": {"name": "mcp-server"}}, "thought": null, "ppt": null, "browser": null}}</glm_block>';
  return { block: told + tail, argumentsAt: before.length, resultAt: told.length };
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The site counts characters, not the units that JavaScript strings are made of. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function frame(part: Frame["part"], data: object): Frame {
  return { part, data: JSON.stringify({ type: "chat:completion", data }) };
}
