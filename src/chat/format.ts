import { GatewayError } from "~/errors.ts";
import type { ChatAsk } from "./chat.ts";
import { withSystemWords } from "./system.ts";

/** What of `response_format` an upstream keeps to by itself. */
export type KnownFormats = "schema" | "object" | "none";

/** The form that an answer must have, where its upstream does not see to it. */
export interface Format {
  /** JSON Schema. */
  schema: Record<string, unknown>;
  /** Whether the client gave it, or only asked for some JSON object. */
  isGiven: boolean;
}

/**
 * Null where nothing is left to enforce. Throws `invalid_request` for a format that is none.
 * https://platform.openai.com/docs/guides/structured-outputs
 */
export function readFormat({ body }: ChatAsk, known: KnownFormats): Format | null {
  const wanted = body.response_format;
  if (!isObject(wanted) || wanted.type === "text" || known === "schema") return null;
  if (wanted.type === "json_object") return known === "object" ? null : { schema: { type: "object" }, isGiven: false };
  if (wanted.type !== "json_schema") throw refused("response_format.type", "must be text, json_object or json_schema");
  const schema = isObject(wanted.json_schema) ? wanted.json_schema.schema : undefined;
  if (!isObject(schema)) throw refused("response_format.json_schema.schema", "must be a JSON Schema");
  return { schema, isGiven: true };
}

/** The request with the format in words, and no more in the field than the upstream knows. */
export function withFormat(ask: ChatAsk, format: Format, known: KnownFormats): ChatAsk {
  const words = format.isGiven
    ? `Answer with one JSON value that fits the JSON Schema below, and with nothing else: no words around it, no code fence.\n\n${JSON.stringify(format.schema)}`
    : "Answer with one JSON object, and with nothing else: no words around it, no code fence.";
  return withBody(ask, {
    messages: withSystemWords(ask.body.messages, words),
    response_format: known === "none" ? undefined : { type: "json_object" },
  });
}

/** The request once more, with the answer that did not fit and what is wrong with it. */
export function withCorrection(ask: ChatAsk, said: string, problems: string): ChatAsk {
  const messages = [
    ...ask.body.messages,
    { role: "assistant", content: said.slice(0, longestSaid) },
    { role: "user", content: `That is not what was asked for: ${problems}\nGive the whole JSON again, put right.` },
  ];
  return withBody(ask, { messages });
}

const longestSaid = 50_000;

/** The JSON in an answer, without the fence or the marks that models put around it. */
export function bareJson(text: string): string {
  const bare = text.trim().replace(/^<\|begin_of_box\|>([\s\S]*)<\|end_of_box\|>$/, "$1");
  return (/^```[a-z]*\s*\n([\s\S]*?)\n?\s*```$/i.exec(bare.trim())?.[1] ?? bare).trim();
}

/** The same request with other fields. */
export function withBody(ask: ChatAsk, changes: Record<string, unknown>): ChatAsk {
  return { ...ask, body: { ...ask.body, ...changes }, sent: null };
}

function refused(param: string, expectation: string): GatewayError {
  return new GatewayError("invalid_request", `'${param}' ${expectation}`, { param });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
