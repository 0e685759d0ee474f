import type { ErrorKind, GatewayError } from "~/errors.ts";
import { isLasting } from "./unreachable.ts";

/** What may follow when an upstream refuses or breaks, before the client has heard a word. */
export interface Again {
  /** After how long the same accounts may be asked again: the first time, the second … Milliseconds, before jitter. */
  waits: readonly number[];
  /** Whether another account, upstream or model may have more luck at once. */
  elsewhere: boolean;
  /** Whether the refusal came at the door, so that going elsewhere costs no time worth counting. */
  isQuick: boolean;
  /** Whether others are asked before this account for a while: for all of its models, or for this one. */
  rest: { of: "account" | "model"; ms: number } | null;
  /** Whether it speaks against the health of account and model. */
  isBreakage: boolean;
}

/** By the upstream's own code where it means more than the kind, else by the kind. https://docs.z.ai/api-reference/api-code */
export function againAfter({ kind, upstreamCode, retryAfterMs }: GatewayError): Again {
  const { restMs, ...again } = { ...never, ...(byKind[kind] ?? {}), ...(byCode[upstreamCode ?? ""] ?? {}) };
  const { waits, isBreakage } = again;
  // Z.ai names when a window of its quota begins anew; until then others go first.
  const rest = again.rest && { of: again.rest, ms: (kind === "insufficient_quota" ? retryAfterMs : null) ?? restMs };
  if (kind === "upstream_unreachable") return { ...again, rest, waits: isLasting(upstreamCode ?? "") ? [] : waits };
  // The answer was there and made no sense: the same again would make no more.
  if (kind === "upstream_error" && /^(HTTP [234]|404)/.test(upstreamCode ?? "")) return { ...again, rest, waits: [] };
  return { ...again, rest, isBreakage };
}

interface Rule {
  waits: readonly number[];
  elsewhere: boolean;
  isQuick: boolean;
  rest: "account" | "model" | null;
  restMs: number;
  isBreakage: boolean;
}

const never: Rule = { waits: [], elsewhere: false, isQuick: false, rest: null, restMs: 0, isBreakage: false };
const minute = 60_000;

const refused: Partial<Rule> = { elsewhere: true, isQuick: true, rest: "account", restMs: 30 * minute };
const broken: Partial<Rule> = { waits: [300, 1_500], elsewhere: true, isBreakage: true };

const byKind: Partial<Record<ErrorKind, Partial<Rule>>> = {
  // This upstream has no door for what was asked; another may.
  not_supported: { elsewhere: true, isQuick: true },
  upstream_auth_failed: refused,
  upstream_account: refused,
  upstream_challenge: { ...refused, restMs: 10 * minute },
  upstream_client_outdated: { ...refused, restMs: 10 * minute },
  insufficient_quota: { ...refused, restMs: 5 * minute },
  model_not_available: { ...refused, rest: "model", restMs: 10 * minute },
  upstream_rate_limited: { waits: [1_000, 2_000, 4_000, 8_000, 8_000], elsewhere: true, isQuick: true },
  upstream_overloaded: { waits: [1_000, 3_000], elsewhere: true, isBreakage: true },
  upstream_error: broken,
  upstream_incomplete: { ...broken, waits: [300] },
  upstream_unreachable: { ...broken, waits: [300] },
  // The same silence once more would only double it.
  upstream_timeout: { ...broken, waits: [] },
};

const byCode: Record<string, Partial<Rule>> = {
  "1303": { waits: [2_000, 5_000, 10_000] },
  "1309": { restMs: 30 * minute },
  "1313": { restMs: 30 * minute },
  // A request id that was seen before: zgate sends none, so the next one is another.
  "1231": { waits: [0], isBreakage: false },
  // The model answered, well or badly: its upstream works, and has been asked twice where that helps.
  format_not_kept: { waits: [], elsewhere: false, isBreakage: false },
  call_not_made: { waits: [], elsewhere: false, isBreakage: false },
};
