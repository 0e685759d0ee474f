import type { GatewayError } from "~/errors.ts";
import { writeEvent } from "~/wire/sse.ts";
import type { Failure } from "../api.ts";

/** Anthropic's envelope. https://docs.anthropic.com/en/api/errors */
export const failure: Failure = {
  body: (error) => JSON.stringify(envelope(error)),
  event: (error) => writeEvent({ event: "error", data: JSON.stringify(envelope(error)) }),
};

function envelope({ status, message }: GatewayError) {
  return { type: "error", error: { type: types[status] ?? (status < 500 ? types[400] : types[500]), message } };
}

const types: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  503: "overloaded_error",
  504: "timeout_error",
};
