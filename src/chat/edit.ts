import { isLarge, type Sent, type Written, writeJson } from "~/wire/json.ts";
import type { ChatAsk } from "./chat.ts";

/**
 * A request with some fields changed. What was sent is not rebuilt where it need not be: without changes it is handed on,
 * and fields that the client did not send are put in front of what it did send. `undefined` takes a field out.
 */
export function editJson(sent: Sent, body: Record<string, unknown>, changes: Record<string, unknown>): Written {
  const wanted: Record<string, unknown> = {};
  let isChanged = false;
  let isAddition = true;
  for (const field in changes) {
    const value = changes[field];
    if (value === body[field]) continue;
    wanted[field] = value;
    isChanged = true;
    isAddition &&= value !== undefined && !Object.hasOwn(body, field);
  }
  if (!isChanged) return sent;
  if (!isAddition) return writeJson({ ...body, ...changes }, isLarge(sent));
  const isEmpty = Object.keys(body).length === 0;
  return insert(JSON.stringify(wanted).slice(1, -1) + (isEmpty ? "" : ","), sent);
}

/** A request in the house language, with some fields changed. */
export function editAsk({ sent, body, isLarge }: ChatAsk, changes: Record<string, unknown>): Written {
  return sent === null ? writeJson({ ...body, ...changes }, isLarge) : editJson(sent, body, changes);
}

/** Behind the brace that everything begins with. */
function insert(fields: string, sent: Sent): Written {
  if (typeof sent === "string") {
    const start = sent.indexOf("{") + 1;
    const pieces = [sent.slice(0, start), fields, sent.slice(start)];
    return isLarge(sent) ? pieces : pieces.join("");
  }
  const start = sent.indexOf("{".charCodeAt(0)) + 1;
  return [sent.subarray(0, start), fields, sent.subarray(start)];
}
