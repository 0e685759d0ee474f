import { GatewayError } from "~/errors.ts";
import { readJson, type Sent } from "~/wire/json.ts";

/** Deeper than any real request; past this, writing the value out again would overflow the stack. */
const maxDepth = 128;

/** A request body as a JSON object. Throws `invalid_json` for everything else, whatever it was announced as. */
export function parseBody(sent: Sent): Record<string, unknown> {
  if (typeof sent === "string" && sent.trim() === "")
    throw new GatewayError("invalid_json", "The request body is empty: send a JSON object");

  let value: unknown;
  try {
    value = readJson(sent);
  } catch (cause) {
    throw new GatewayError("invalid_json", "The request body is not valid JSON", { cause });
  }
  if (!isObject(value)) throw new GatewayError("invalid_json", "The request body must be a JSON object");
  if (mayBeDeep(sent) && isTooDeep(value)) {
    throw new GatewayError("invalid_json", `The request body is nested more than ${maxDepth} levels deep`);
  }
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function invalid(param: string, expectation: string): GatewayError {
  return new GatewayError("invalid_request", `'${param}' ${expectation}`, { param });
}

/** In a small text it is cheaper to count brackets than to walk through what it means. */
function mayBeDeep(sent: Sent): boolean {
  if (typeof sent !== "string" || sent.length > 16_384) return true;
  let open = 0;
  for (let at = 0; at < sent.length; at++) {
    const char = sent.charCodeAt(at);
    if (char === 0x7b || char === 0x5b) open++;
  }
  return open > maxDepth;
}

// Level by level rather than by recursion: the very inputs this is for would overflow a recursive walk.
function isTooDeep(root: object): boolean {
  let level: object[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    const next: object[] = [];
    for (const container of level) {
      for (const child of Array.isArray(container) ? container : Object.values(container)) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}
