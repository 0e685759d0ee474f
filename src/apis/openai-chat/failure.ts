import type { ErrorKind, GatewayError } from "~/errors.ts";
import { writeEvent } from "~/wire/sse.ts";
import type { Failure } from "../api.ts";

/**
 * OpenAI's envelope: all four keys are always there, and `code` is a string or null.
 * https://platform.openai.com/docs/guides/error-codes
 */
export const failure: Failure = {
  body: (error) => JSON.stringify({ error: envelope(error) }),
  // Nothing may follow: SDKs throw here, and a finish chunk or `[DONE]` behind it would make the answer look whole.
  event: (error) => writeEvent({ data: JSON.stringify({ error: envelope(error) }) }),
};

/** Says a failure in OpenAI's words. */
export function envelope(error: GatewayError) {
  const [type, code = error.kind] = words[error.kind];
  // What is not found need not be an address: a key, an upstream.
  const isAddress = error.kind !== "not_found" || error.param === null;
  return { message: error.message, type, param: error.param, code: isAddress ? code : error.kind };
}

/** `type`, and `code` where OpenAI has one of its own for the same thing. */
const words: Record<ErrorKind, [type: string, code?: string]> = {
  invalid_json: ["invalid_request_error"],
  invalid_request: ["invalid_request_error", "invalid_value"],
  missing_key: ["authentication_error", "invalid_api_key"],
  wrong_scheme: ["authentication_error", "invalid_api_key"],
  unknown_key: ["authentication_error", "invalid_api_key"],
  expired_key: ["authentication_error", "invalid_api_key"],
  revoked_key: ["authentication_error", "invalid_api_key"],
  disabled_key: ["authentication_error", "invalid_api_key"],
  conflicting_keys: ["authentication_error", "invalid_api_key"],
  not_found: ["invalid_request_error", "unknown_url"],
  method_not_allowed: ["invalid_request_error"],
  model_not_found: ["invalid_request_error"],
  too_large: ["invalid_request_error", "request_too_large"],
  unsupported_encoding: ["invalid_request_error"],
  context_length_exceeded: ["invalid_request_error"],
  content_filter: ["invalid_request_error"],
  model_not_multimodal: ["invalid_request_error"],
  multimodal_not_allowed: ["invalid_request_error"],
  body_timeout: ["invalid_request_error"],
  not_supported: ["invalid_request_error"],
  conflict: ["invalid_request_error", "conflict"],
  previous_response_not_found: ["invalid_request_error"],

  forbidden: ["permission_error"],
  model_not_allowed: ["permission_error"],
  address_not_allowed: ["permission_error"],
  rate_limited: ["rate_limit_error", "rate_limit_exceeded"],
  budget_used_up: ["insufficient_quota", "insufficient_quota"],
  too_many_requests: ["rate_limit_error", "rate_limit_exceeded"],
  paused: ["server_error"],

  upstream_unreachable: ["server_error", "upstream_error"],
  upstream_error: ["server_error"],
  upstream_incomplete: ["server_error"],
  upstream_auth_failed: ["server_error"],
  upstream_account: ["server_error"],
  upstream_challenge: ["server_error"],
  upstream_client_outdated: ["server_error"],
  upstream_rate_limited: ["rate_limit_error", "rate_limit_exceeded"],
  insufficient_quota: ["insufficient_quota"],
  upstream_overloaded: ["server_error"],
  upstream_timeout: ["server_error"],
  model_not_available: ["invalid_request_error"],

  internal_error: ["server_error"],
  storage_unavailable: ["server_error"],
  shutting_down: ["server_error"],
};
