import { GatewayError } from "~/errors.ts";

/** JSON that an upstream sent. What is none is an `upstream_error`, which repeats no word of it. */
export function parseSaid(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError("upstream_error", "The upstream sent something that is not valid JSON");
  }
}
