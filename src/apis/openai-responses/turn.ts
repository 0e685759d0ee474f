import { isObject } from "../json.ts";
import type { Item, Turn } from "./memory.ts";

/** A request with its whole input and the answer to it as a later request finds them; null for what is no such pair. */
export function readTurn(request: unknown, told: unknown): (Turn & { id: string }) | null {
  const response = isObject(told) && isObject(told.response) ? told.response : told;
  if (!isObject(request) || !isObject(response)) return null;
  if (typeof response.id !== "string" || !Array.isArray(response.output)) return null;
  const { input } = request;
  const asked = Array.isArray(input) ? input : [{ type: "message", role: "user", content: input }];
  const output: Item[] = response.output.filter(isObject);
  return { id: response.id, said: [...asked, ...output], output };
}
