import { failure as words } from "~/apis/openai-chat/failure.ts";
import type { GatewayError } from "~/errors.ts";
import { jsonHeaders } from "~/wire/headers.ts";

/** An error for programs. */
export function failure(error: GatewayError): Response {
  return new Response(words.body(error), { status: error.status, headers: jsonHeaders });
}
