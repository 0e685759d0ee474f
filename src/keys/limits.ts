import type { KeyRow } from "../../drizzle/keys.ts";

/** What may be limited, as the API, the forms and the command line name it, and the column that holds it. */
export const limitColumns = {
  requests_per_minute: "requestsPerMinute",
  tokens_per_minute: "tokensPerMinute",
  in_flight: "inFlight",
  tokens_per_day: "tokensPerDay",
  tokens_per_week: "tokensPerWeek",
  tokens_per_month: "tokensPerMonth",
} as const satisfies Record<string, keyof KeyRow>;

/** US dollars outside, their billionths inside. */
export const moneyColumns = {
  usd_per_day: "nanoUsdPerDay",
  usd_per_week: "nanoUsdPerWeek",
  usd_per_month: "nanoUsdPerMonth",
} as const satisfies Record<string, keyof KeyRow>;

export const nanoPerUsd = 1_000_000_000;
