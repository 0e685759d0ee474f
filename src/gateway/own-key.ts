import { failure } from "~/apis/openai-chat/failure.ts";
import { limitColumns, moneyColumns, nanoPerUsd } from "~/keys/limits.ts";
import { periods } from "~/keys/periods.ts";
import { rightsOf } from "~/keys/rights.ts";
import type { KeyRow, Verified } from "~/keys/verify.ts";
import { moment } from "~/keys/view.ts";
import { complete, identify, onRecord, type Visitor } from "./exchange.ts";
import type { Line } from "./forward.ts";
import type { Limits } from "./limits.ts";

/** `GET /v1/key`: what a holder may know of his own key, whatever its rights. */
export function createOwnKey(line: Line) {
  return (request: Request, visitor: Visitor): Promise<Response> =>
    onRecord(line, request, visitor, { name: "key", failure }, async (exchange) => {
      const verified = identify(line, exchange);
      return complete(
        line,
        exchange,
        JSON.stringify(ownKey(verified, line.limits, line.captures.isCaptured(verified.key))),
      );
    });
}

/** Limits, what is left of the budgets, expiry, and whether the secret that was shown is retiring. */
export function ownKey({ name, key, retiringUntil }: Verified, limits: Limits, isCaptured: boolean) {
  const use = limits.use(key.id);
  return {
    object: "key",
    name,
    rights: rightsOf(key.rights),
    models: key.models,
    /** Whether what is said with this key is kept for a while, where its owner may read it. */
    capture: isCaptured,
    expires_at: key.expiresAt && moment(key.expiresAt),
    /** When the secret of this very request dies; null while it is the current one. */
    secret_retires_at: retiringUntil && moment(retiringUntil),
    requests_per_minute: key.requestsPerMinute,
    tokens_per_minute: key.tokensPerMinute,
    in_flight: { limit: key.inFlight, now: use.inFlight },
    budgets: Object.fromEntries(periods.map((period) => [period, budget(key, period, use[period])])),
  };
}

function budget(
  key: KeyRow,
  period: (typeof periods)[number],
  use: ReturnType<Limits["use"]>[(typeof periods)[number]],
) {
  const tokens = key[limitColumns[`tokens_per_${period}`]];
  const nanoUsd = key[moneyColumns[`usd_per_${period}`]];
  return {
    tokens: { used: use.tokens, limit: tokens, left: tokens === null ? null : Math.max(0, tokens - use.tokens) },
    usd: {
      used: use.nanoUsd / nanoPerUsd,
      limit: nanoUsd === null ? null : nanoUsd / nanoPerUsd,
      left: nanoUsd === null ? null : Math.max(0, nanoUsd - use.nanoUsd) / nanoPerUsd,
    },
    begins_anew_at: moment(use.end),
  };
}
