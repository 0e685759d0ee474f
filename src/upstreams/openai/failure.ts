import { GatewayError } from "~/errors.ts";
import { byStatus, errorWords, readErrorObject, withoutToken } from "../refusal.ts";
import type { RefusedAnswer } from "../upstream.ts";

/** Reads OpenAI's error envelope: the codes that mean more than their status, then the status. */
export function failure(answer: RefusedAnswer): GatewayError {
  const error = readErrorObject(withoutToken(answer));
  const words = errorWords(error);
  const code = typeof error?.code === "string" || typeof error?.code === "number" ? String(error.code) : null;
  const upstreamCode = code ?? `HTTP ${answer.status}`;
  const kind = kinds[code ?? ""] ?? kinds[typeof error?.type === "string" ? error.type : ""];
  if (!kind) return byStatus(answer, words, upstreamCode);
  const retryAfterMs = kind === "upstream_rate_limited" ? 5_000 : undefined;
  return new GatewayError(kind, words ?? `The upstream ${answer.target.upstream} refused: ${code}`, {
    upstreamCode,
    retryAfterMs,
  });
}

const kinds: Record<string, GatewayError["kind"]> = {
  model_not_found: "model_not_found",
  context_length_exceeded: "context_length_exceeded",
  content_filter: "content_filter",
  insufficient_quota: "insufficient_quota",
  rate_limit_exceeded: "upstream_rate_limited",
  invalid_api_key: "upstream_auth_failed",
};
