import type { GatewayError } from "~/errors.ts";
import { invalid } from "../json.ts";
import { functionsIn, wrongChoice } from "./tools.ts";

/**
 * What a checked request asks for that only an upstream's own door can give, as the refusal that names it; null where a
 * translation says all of it.
 */
export function findUntold(body: Record<string, unknown>): GatewayError | null {
  return wrongChoice(body.tool_choice, functionsIn(body)) ?? wrongWish(body);
}

function wrongWish({ top_logprobs: top, include }: Record<string, unknown>): GatewayError | null {
  const at = Array.isArray(include) ? include.indexOf("message.output_text.logprobs") : -1;
  if (at >= 0) return invalid(`include[${at}]`, unlikely);
  return typeof top === "number" && top > 0 ? invalid("top_logprobs", unlikely) : null;
}

const unlikely = "asks for the probabilities of words, which are not told behind this upstream";
