import type { Usage } from "./chat.ts";

/** Token counts as rows keep them. Cached ones are part of `in`, reasoning ones part of `out`. */
export interface Tokens {
  in: number;
  out: number;
  cached: number;
  reasoning: number;
}

/** Null where this is not a usage object. A zero that the upstream says is a number like any other. */
export function readUsage(usage: unknown): Tokens | null {
  if (typeof usage !== "object" || usage === null) return null;
  const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details } = usage as Usage;
  if (typeof prompt_tokens !== "number" && typeof completion_tokens !== "number") return null;
  return {
    in: count(prompt_tokens),
    out: count(completion_tokens),
    cached: count(prompt_tokens_details?.cached_tokens),
    reasoning: count(completion_tokens_details?.reasoning_tokens),
  };
}

/** Usage in the house language from an estimate; `estimated` says so to whoever reads it. */
export function estimatedUsage(tokens: { in: number; out: number }): Usage {
  return {
    prompt_tokens: tokens.in,
    completion_tokens: tokens.out,
    total_tokens: tokens.in + tokens.out,
    estimated: true,
  };
}

/** A rough count for texts whose tokenizer we do not have: four Latin letters, or one and a half others, a token. */
export function estimateTokens(texts: readonly string[]): number {
  let letters = 0;
  let others = 0;
  for (const text of texts) {
    let here = 0;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x24f) here++;
    letters += text.length - here;
    others += here;
  }
  return Math.ceil(letters / 4 + others / 1.5);
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}
