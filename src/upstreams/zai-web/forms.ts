import type { ToolWish } from "~/chat/tools.ts";

/** A call that stood in the words. */
export interface Found {
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
}

/**
 * Reads one written call (or a list of them) from its first character on, again each time that more has come: null while
 * it may go on. `end` is where it is over; without calls everything up to there was text after all.
 */
export type Form = (held: string, isLast: boolean) => Verdict | null;

interface Verdict {
  end: number;
  calls: Found[];
}

/**
 * Whether a text begins with a written call, or may become one. Models write the contract's fenced JSON, the same
 * without its fence, tags as other models' templates have them, or a line that the older systems taught them.
 */
export function opens(text: string, isLineStart: boolean): boolean {
  switch (text[0]) {
    case "`":
    case "{":
      return wholeObject.test(text) || partObject.test(text);
    case "<":
      return wholeTag.test(text) || partTag.test(text) || tagNames.some((name) => `<${name}`.startsWith(text));
    default:
      return isLineStart && (wholeLine.test(text) || partLine.test(text) || lineStart.startsWith(text));
  }
}

/** The reader for what a text begins with; null while that is not certain. */
export function openForm(text: string, wish: ToolWish): Form | null {
  if (wholeObject.test(text)) return readObject(text.indexOf("{"), text.startsWith("`"), wish);
  const tag = wholeTag.exec(text)?.[1];
  if (tag !== undefined) return readTag(`</${tag}>`, wish);
  const [line, name] = wholeLine.exec(text) ?? [];
  return line === undefined ? null : readLine(name!, line.length, wish);
}

const fence = "(?:```[A-Za-z_]{0,12}[ \\t]*\\r?\\n?\\s*)";
const wholeObject = new RegExp(`^${fence}?\\{\\s*"`);
const partObject = new RegExp(`^(?:\`{1,2}|${fence}?\\{\\s*|${fence})$`);

const tagNames = ["tool_calls", "tool_call", "function_calls", "invoke"];
const wholeTag = new RegExp(`^<(${tagNames.join("|")})(?:\\s[^<>]{0,200})?>`);
const partTag = new RegExp(`^<(?:${tagNames.join("|")})(?:\\s[^<>]{0,200})?$`);

const lineStart = "调用函数";
const wholeLine = new RegExp(`^${lineStart}[:：][ \\t]*([\\w.-]{1,64})[ \\t]*[(（]`);
const partLine = new RegExp(`^${lineStart}(?:[:：][ \\t]*(?:[\\w.-]{1,64}[ \\t]*)?)?$`);

/** What is longer than this is no call any more, and nobody waits for its end. */
const longestCall = 200_000;
/** An object of this length that has not named its calls will not. */
const longestPreface = 4_000;

function readObject(start: number, isFenced: boolean, wish: ToolWish): Form {
  const findEnd = createObjectScan(start);
  let end = -1;
  return (held, isLast) => {
    if (end < 0) end = findEnd(held);
    if (end < 0) {
      const isHopeless = held.length > longestPreface && !held.includes('"tool_calls"');
      return isLast || isHopeless || held.length > longestCall ? { end: held.length, calls: [] } : null;
    }
    const list = parse(held.slice(start, end))?.tool_calls;
    const calls = Array.isArray(list) ? list.flatMap((given) => found(given, wish)) : [];
    if (calls.length === 0 || !isFenced) return { end, calls };
    const closing = /^\s*```/.exec(held.slice(end))?.[0];
    if (closing === undefined && !isLast && /^\s*`{0,2}$/.test(held.slice(end))) return null;
    return { end: end + (closing?.length ?? 0), calls };
  };
}

function readTag(closing: string, wish: ToolWish): Form {
  let searched = 0;
  return (held, isLast) => {
    const at = held.indexOf(closing, Math.max(0, searched - closing.length));
    searched = held.length;
    if (at < 0 && !isLast && held.length <= longestCall) return null;
    const end = at < 0 ? held.length : at + closing.length;
    return { end, calls: callsInTags(held.slice(0, end), wish) };
  };
}

function readLine(name: string, start: number, wish: ToolWish): Form {
  const findEnd = createObjectScan(start);
  let end = -1;
  return (held, isLast) => {
    const rest = held.slice(start);
    const isEmpty = /^\s*[)）]/.test(rest);
    if (!isEmpty && rest.trim() !== "" && !rest.trimStart().startsWith("{")) return { end: start, calls: [] };
    if (end < 0) end = isEmpty ? start : findEnd(held);
    const closing = end < 0 ? null : /^\s*[)）]/.exec(held.slice(end));
    if (closing) {
      const json = isEmpty ? "{}" : held.slice(start, end).trim();
      return { end: end + closing[0].length, calls: parse(json) ? found({ name, arguments: json }, wish) : [] };
    }
    const isOver = isLast || held.length > longestCall || (end >= 0 && held.slice(end).trim() !== "");
    return isOver ? { end: held.length, calls: [] } : null;
  };
}

/** Finds where the JSON object that begins at `start` ends, in a text that keeps growing; -1 until it does. */
function createObjectScan(start: number): (text: string) => number {
  let at = start;
  let depth = 0;
  let isString = false;
  return (text) => {
    for (; at < text.length; at++) {
      const character = text[at];
      if (isString) {
        // What is escaped is passed over, even where it has not come yet.
        if (character === "\\") at++;
        else if (character === '"') isString = false;
      } else if (character === '"') isString = true;
      else if (character === "{" || character === "[") depth++;
      else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
    }
    return -1;
  };
}

/** `<invoke name="x"><parameter name="y">…`, and GLM's own `<tool_call>x<arg_key>y</arg_key><arg_value>…`. */
function callsInTags(text: string, wish: ToolWish): Found[] {
  const invokes = [...text.matchAll(/<invoke\s+name=["']([^"'<>]+)["'][^<>]*>([\s\S]*?)<\/invoke>/g)];
  if (invokes.length > 0) {
    return invokes.flatMap(([, name, body]) =>
      found({ name, arguments: readPairs(name!, body!, invokePair, wish) }, wish),
    );
  }
  const calls = [...text.matchAll(/<tool_call(?:\s([^<>]*))?>([\s\S]*?)(?:<\/tool_call>|$)/g)];
  return calls.flatMap(([, attributes = "", body]) => readTaggedCall(attributes, body!.trim(), wish));
}

function readTaggedCall(attributes: string, body: string, wish: ToolWish): Found[] {
  const named = /name=["']([^"'<>]+)["']/.exec(attributes)?.[1];
  const json = body.startsWith("{") ? parse(body) : null;
  if (named !== undefined) {
    return found({ name: named, arguments: json ? body : readPairs(named, body, argumentPair, wish) }, wish);
  }
  if (json) return found(json, wish);
  const name = /^[\w.-]+/.exec(body)?.[0] ?? "";
  return found({ name, arguments: readPairs(name, body, argumentPair, wish) }, wish);
}

const invokePair = /<parameter\s+name=["']([^"'<>]+)["'][^<>]*>([\s\S]*?)<\/parameter>/g;
const argumentPair = /<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g;

function readPairs(name: string, body: string, pair: RegExp, { tools }: ToolWish): string {
  const schema = tools.find((tool) => tool.name === name)?.parameters?.properties as
    | Record<string, unknown>
    | undefined;
  const pairs = [...body.matchAll(pair)].map(([, key, value]) => [key!.trim(), valueIn(value!, schema?.[key!.trim()])]);
  return JSON.stringify(Object.fromEntries(pairs));
}

/** Tags hold everything as text; what is no text by its schema is read as JSON. */
function valueIn(text: string, schema: unknown): unknown {
  if ((schema as { type?: unknown } | undefined)?.type === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A call in any of the shapes that models give it; nothing for a function that was not offered. */
function found(given: unknown, { tools }: ToolWish): Found[] {
  if (typeof given !== "object" || given === null) return [];
  const { function: called, ...flat } = given as Record<string, unknown>;
  const inner = (typeof called === "object" && called !== null ? called : flat) as Record<string, unknown>;
  const name = typeof called === "string" ? called : inner.name;
  if (typeof name !== "string" || !tools.some((tool) => tool.name === name)) return [];
  const said = inner.arguments ?? inner.parameters ?? inner.input ?? {};
  const json = typeof said === "string" ? said : JSON.stringify(said);
  return [{ name, arguments: json.trim() === "" ? "{}" : json }];
}

function parse(json: string): Record<string, unknown> | null {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
