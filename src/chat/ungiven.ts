import { GatewayError } from "~/errors.ts";
import type { ChatRequest } from "./chat.ts";

/**
 * Refuses what a request wants of its answer and GLM has no way to give, since the client would look for it in vain. What
 * only tunes the sampling (penalties, biases, seeds, verbosity) is left out instead.
 */
export function requireGivable(body: ChatRequest): void {
  const wrong = wishes.find(([param, isWished]) => isWished(body[param]));
  if (wrong === undefined) return;
  const [param, , sentence] = wrong;
  throw new GatewayError("invalid_request", `'${param}' ${sentence}`, { param });
}

type Wish = readonly [param: string, isWished: (value: unknown) => boolean, sentence: string];

const wishes: readonly Wish[] = [
  ["n", (n) => typeof n === "number" && n > 1, "asks for several answers, and Z.ai gives one a request"],
  ["logprobs", (wanted) => wanted === true, "asks for the probabilities of words, and Z.ai tells none"],
  ["modalities", (kinds) => Array.isArray(kinds) && kinds.some((kind) => kind !== "text"), "asks for more than text"],
  ["functions", (list) => Array.isArray(list) && list.length > 0, "is OpenAI's older form of tools: send 'tools'"],
  ["web_search_options", (options) => Boolean(options), "asks for OpenAI's search of the web, which Z.ai has not"],
];
