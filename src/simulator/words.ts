/** What the simulated model is asked, whatever the dialect. */
export interface Prompt {
  messages: Message[];
  tools: Tool[];
  thinks: boolean;
  maxTokens: number | null;
  stop: string[];
  json: boolean;
}

export interface Message {
  role: string;
  text: string;
  /** How many pictures, videos, documents and recordings ride along. */
  media: number;
}

export interface Tool {
  name: string;
  description: string;
  parameters: Schema;
}

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
}

/** What it says. The pieces of a list make the whole text when joined: one piece is one token. */
export interface Reply {
  thinking: string[];
  answer: string[];
  calls: Call[];
  finish: string;
}

/** null: the upstream forgets to tell. */
export type Told = Reply & { usage: Usage | null };

export interface Call {
  id: string;
  name: string;
  /** JSON. */
  arguments: string;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details?: { reasoning_tokens: number };
}

/** An answer that depends on the question and on nothing else, so that a test knows it beforehand. */
export function reply(prompt: Prompt): Reply {
  const question = lastQuestion(prompt.messages);
  const calls = chooseCalls(prompt, question);
  const said = calls.length > 0 ? "" : answer(prompt, question);
  const text = prompt.json && !said.startsWith("{") ? JSON.stringify({ answer: said }) : said;
  const cut = cutAtStop(text, prompt.stop);
  return limit(
    {
      thinking: prompt.thinks ? pieces(think(question, calls)) : [],
      answer: pieces(cut),
      calls,
      finish: calls.length > 0 ? "tool_calls" : "stop",
    },
    prompt,
  );
}

/** The numbers that fit a reply's words. */
export function countTokens(reply: Reply, messages: Message[]): Usage {
  const tokens = messages.map((message) => 4 + Math.ceil(message.text.length / 4) + 256 * message.media);
  const prompt = tokens.reduce((sum, count) => sum + count, 0);
  const called = reply.calls.reduce((sum, call) => sum + 4 + pieces(call.arguments).length, 0);
  const completion = reply.thinking.length + reply.answer.length + called;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    // What an earlier turn carried already comes from the cache.
    prompt_tokens_details: { cached_tokens: messages.length > 1 ? prompt - tokens.at(-1)! : 0 },
    ...(reply.thinking.length > 0 && { completion_tokens_details: { reasoning_tokens: reply.thinking.length } }),
  };
}

/** Text cut like a tokenizer would: never inside a character, and nothing lost. */
export function pieces(text: string): string[] {
  return text.match(/\s*(?:\p{Script=Han}|[^\s\p{Script=Han}]{1,7})|\s+$/gu) ?? [];
}

function lastQuestion(messages: Message[]): string {
  const asked = messages
    .filter((message) => message.role === "user")
    .map((message) => message.text.replace(asides, ""));
  return (asked.findLast((text) => text.trim() !== "") ?? "").trim();
}

/** What is not for the model to answer: our own marks, and what agents whisper beside the question. */
const asides = /\[\[.*?\]\]|<(system-reminder)>[\s\S]*?<\/\1>/g;

function chooseCalls({ messages, tools }: Prompt, question: string): Call[] {
  if (messages.findLast(({ role }) => role !== "system")?.role !== "user") return [];
  const words = new Set(question.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []);
  const asked = tools.filter((tool) => {
    const about = tool.name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
    return about.split(/[^a-z0-9]+/).some((word) => word.length > 2 && !plainWords.has(word) && words.has(word));
  });
  return asked.map((tool, index) => ({
    id: `call_${digest(`${question}|${tool.name}`)}${index}`,
    name: tool.name,
    arguments: JSON.stringify(fill(tool.parameters, question)),
  }));
}

const plainWords = new Set(["get", "set", "the", "for", "and", "list", "make", "run"]);

function fill(schema: Schema, question: string): Record<string, unknown> {
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).filter(([name]) => required.length === 0 || required.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, fillOne(field, question)]));
}

function fillOne(schema: Schema, question: string): unknown {
  if (schema.enum !== undefined) {
    return schema.enum.find((choice) => question.toLowerCase().includes(`${choice}`.toLowerCase())) ?? schema.enum[0];
  }
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "integer":
    case "number":
      return Number(/-?\d+/.exec(question)?.[0] ?? 1);
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return fill(schema, question);
    default:
      return nameIn(question);
  }
}

/** The likeliest thing a question is about: what it quotes, else its last name, else its last word. */
function nameIn(question: string): string {
  const quoted = /["“'](.+?)["”']/.exec(question)?.[1];
  const named = [...question.slice(1).matchAll(/\p{Lu}[\p{L}-]+/gu)].at(-1)?.[0];
  return quoted ?? named ?? question.match(/[\p{L}\p{N}-]+/gu)?.at(-1) ?? "";
}

function think(question: string, calls: Call[]): string {
  if (calls.length > 0) return `This needs ${calls.map((call) => call.name).join(" and ")}.`;
  return `The user says: ${question.slice(0, 60).replace(/\s+/g, " ")}\nI will answer that plainly.`;
}

function answer({ messages }: Prompt, question: string): string {
  const results = messages.slice(messages.findLastIndex((message) => message.role === "user") + 1);
  const told = results.filter((message) => message.role === "tool").map((message) => message.text);
  if (told.length > 0) return `The tool says: ${told.join("; ")}`;
  for (const { pattern, say } of habits) {
    const found = pattern.exec(question);
    if (found !== null) return say(found);
  }
  const media = messages.findLast((message) => message.role === "user")?.media ?? 0;
  if (media > 0) return `I see ${media} thing${media > 1 ? "s" : ""}: red, mostly. You asked: ${question}`;
  if (/\p{Script=Han}/u.test(question)) return `你问的是:“${question.slice(0, 200)}”。潮来潮去,答案很短:是的。🌊`;
  return `You asked: “${question.slice(0, 200)}”. A short answer: yes, and the tide agrees. 🌊`;
}

/** Questions that it knows well, first match wins. */
const habits: { pattern: RegExp; say: (found: RegExpExecArray) => string }[] = [
  { pattern: /repeat after me:\s?([\s\S]*)/i, say: (found) => found[1]! },
  { pattern: /count to (\d+)/i, say: (found) => count(Math.min(Number(found[1]), 20_000)) },
  { pattern: /(-?\d+)\s*\+\s*(-?\d+)/, say: (found) => `${found[0]} = ${Number(found[1]) + Number(found[2])}.` },
  { pattern: /poem (?:about|on) (?:the |a |an )?(.{1,60}?)[.!?]*$/im, say: (found) => poem(found[1]!) },
  { pattern: /^(?:hi|hello|hey)\b/i, say: () => "Hello! What shall we talk about?" },
  { pattern: /^你好/, say: () => "你好!想聊点什么?" },
];

function count(to: number): string {
  return Array.from({ length: to }, (_, index) => index + 1).join(", ");
}

function poem(subject: string): string {
  return [
    `O ${subject}, you come at the turn of the tide,`,
    `with nothing to sell and with nothing to hide;`,
    `the harbour is quiet, the café is closed,`,
    `and ${subject} is more than we ever supposed. 🌊`,
  ].join("\n");
}

function cutAtStop(text: string, stops: string[]): string {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at !== -1);
  return found.length > 0 ? text.slice(0, Math.min(...found)) : text;
}

function limit(reply: Reply, { maxTokens }: Prompt): Reply {
  const length = reply.thinking.length + reply.answer.length;
  if (maxTokens === null || length <= maxTokens || reply.calls.length > 0) return reply;
  const thinking = reply.thinking.slice(0, maxTokens);
  return { ...reply, thinking, answer: reply.answer.slice(0, maxTokens - thinking.length), finish: "length" };
}

/** A few letters that stand for a text: ids repeat when questions do. */
function digest(text: string): string {
  return Bun.hash(text).toString(36).slice(0, 10);
}
