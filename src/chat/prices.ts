import { findModel } from "./models.ts";

/** What a model costs, in millionths of a currency for a million tokens. */
export interface Price {
  currency: "USD" | "CNY";
  inputMicro: number;
  /** For the part of the input that came out of the upstream's cache. */
  cachedMicro: number;
  outputMicro: number;
  /** The day it was read, `2026-11-22`. */
  asOf: string;
}

/** Z.ai's price list of 2026-11-22: US dollars for a million tokens of input, cached input and output. */
const listed: Record<string, readonly [input: number, cached: number, output: number]> = {
  "glm-5.3": [1.4, 0.26, 4.4],
  "glm-5.3-flash": [0.15, 0.03, 0.5],
  "glm-5.2": [1.4, 0.26, 4.4],
  "glm-5.1": [1.4, 0.26, 4.4],
  "glm-5": [1, 0.2, 3.2],
  "glm-5-turbo": [1.2, 0.24, 4],
  "glm-5-code": [1.2, 0.3, 5],
  "glm-5v-turbo": [1.2, 0.24, 4],
  "glm-4.7": [0.6, 0.11, 2.2],
  "glm-4.7-flashx": [0.07, 0.01, 0.4],
  "glm-4.7-flash": [0, 0, 0],
  "glm-4.6": [0.6, 0.11, 2.2],
  "glm-4.6v": [0.3, 0.05, 0.9],
  "glm-4.6v-flash": [0, 0, 0],
  "glm-4.5": [0.6, 0.11, 2.2],
  "glm-4.5-x": [2.2, 0.45, 8.9],
  "glm-4.5-air": [0.2, 0.03, 1.1],
  "glm-4.5-airx": [1.1, 0.22, 4.5],
  "glm-4.5-flash": [0, 0, 0],
  "glm-4.5v": [0.6, 0.11, 1.8],
  // No price for cached input is published: it costs what input costs.
  "glm-4-32b-0414-128k": [0.1, 0.1, 0.1],
};

export const pricesAsOf = "2026-11-22";

/** The price of a model by its official id; null where none is published. */
export const listedPrices: ReadonlyMap<string, Price> = new Map([
  ...Object.entries(listed).map(
    ([model, [input, cached, output]]) => [model, price("USD", input, cached, output)] as const,
  ),
  // On bigmodel.cn's list only.
  ["glm-5.3-flashx", price("CNY", 2, 0.57, 7)] as const,
]);

/** The price of a model by any of its names: its owner's own, else the listed one; null where none is known. */
export function priceFor(model: string, own: ReadonlyMap<string, Price>): Price | null {
  // The web chat calls models by names of its own, which have no price but mean one that does.
  const id = findModel(model)?.id ?? model;
  return own.get(model) ?? own.get(id) ?? listedPrices.get(id) ?? null;
}

/** What a request cost. Cached tokens are part of the input. In billionths of the price's currency. */
export function costNano(price: Price, tokens: { in: number; cached: number; out: number }): number {
  const cached = Math.min(tokens.cached, tokens.in);
  const fresh = tokens.in - cached;
  // Millionths a million tokens are billionths a thousand.
  return Math.round((fresh * price.inputMicro + cached * price.cachedMicro + tokens.out * price.outputMicro) / 1000);
}

function price(currency: Price["currency"], input: number, cached: number, output: number): Price {
  const micro = (amount: number) => Math.round(amount * 1_000_000);
  return {
    currency,
    inputMicro: micro(input),
    cachedMicro: micro(cached),
    outputMicro: micro(output),
    asOf: pricesAsOf,
  };
}
