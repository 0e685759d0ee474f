import type { GatewayError } from "~/errors.ts";
import { jsonHeaders } from "~/wire/headers.ts";

/** An error for programs. */
export function failure({ status, kind, message }: GatewayError): Response {
  const body = { error: { message, type: "invalid_request_error", param: null, code: kind } };
  return new Response(JSON.stringify(body), { status, headers: jsonHeaders });
}
