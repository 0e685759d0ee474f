import { GatewayError } from "~/errors.ts";
import type { RefusedAnswer } from "./upstream.ts";

/** Error texts are shown to strangers and kept in rows: a line of them is enough. */
const maxWords = 300;

/** What an upstream said, without what was shown to it: some repeat a key that they refuse. */
export function withoutToken({ text, target: { token } }: Pick<RefusedAnswer, "text" | "target">): string {
  return token ? text.replaceAll(token, "***") : text;
}

/** The error object of an answer, wherever it stands: `{error:{…}}`, `{error:"…"}` or bare. Null where there is none. */
export function readErrorObject(text: string): Record<string, unknown> | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(answer)) return null;
  if (isObject(answer.error)) return answer.error;
  if (isObject(answer.response) && isObject(answer.response.error)) return answer.response.error;
  if (typeof answer.error === "string") return { message: answer.error };
  return "message" in answer || "msg" in answer || "code" in answer || "detail" in answer ? answer : null;
}

/** What an error object says, in one short line; null where it says nothing. */
export function errorWords(error: Record<string, unknown> | null): string | null {
  const said = [error?.message, error?.msg, error?.detail].find((words) => typeof words === "string" && words !== "");
  return typeof said === "string" ? said.replace(/\s+/g, " ").slice(0, maxWords) : null;
}

/** What an HTTP status means where the body does not say more. */
export function byStatus(answer: RefusedAnswer, words: string | null, upstreamCode: string): GatewayError {
  const { status } = answer;
  const name = answer.target.upstream;
  const said = words === null ? "" : `: ${words}`;
  const details = { upstreamCode };
  if (status === 401 || status === 403) {
    return new GatewayError(
      "upstream_auth_failed",
      `The upstream ${name} refused zgate's own credential${said}`,
      details,
    );
  }
  if (status === 404) {
    return new GatewayError(
      "upstream_error",
      `The upstream ${name} does not know this address or model (404)${said}`,
      details,
    );
  }
  if (status === 400 || status === 413 || status === 422) {
    return new GatewayError("invalid_request", `The upstream ${name} refused the request${said}`, details);
  }
  if (status === 429) {
    return new GatewayError("upstream_rate_limited", `The upstream ${name} is busy${said}`, {
      ...details,
      retryAfterMs: 5_000,
    });
  }
  if (status === 503 || status === 529) {
    return new GatewayError("upstream_overloaded", `The upstream ${name} is overloaded${said}`, {
      ...details,
      retryAfterMs: 30_000,
    });
  }
  if (status === 504 || status === 408) {
    return new GatewayError("upstream_timeout", `The upstream ${name} timed out (${status})${said}`, details);
  }
  if (status >= 300 && status < 400) {
    return new GatewayError(
      "upstream_error",
      `The upstream ${name} answered with a redirect (${status}), which zgate does not follow: check its address`,
      details,
    );
  }
  if (status >= 200 && status < 300) {
    return new GatewayError(
      "upstream_error",
      `The upstream ${name} answered with something that is not a chat completion${said}`,
      details,
    );
  }
  return new GatewayError("upstream_error", `The upstream ${name} failed (${status})${said}`, details);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
