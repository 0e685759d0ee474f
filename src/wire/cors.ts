/**
 * Cross-origin answers for `/v1`, never with credentials: keys travel in a header that the page sets itself.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function corsHeaders(origin: string | null, allowed: readonly string[]): Record<string, string> {
  if (origin === null) return {};
  if (allowed.includes("*")) return { "access-control-allow-origin": "*", ...exposed };
  if (!allowed.includes(origin)) return { vary: "origin" };
  return { "access-control-allow-origin": origin, vary: "origin", ...exposed };
}

/** The answer to a preflight: SDKs in a browser ask for a dozen headers of their own, so what they ask for they get. */
export function preflightHeaders(request: Request, allowed: readonly string[]): Record<string, string> {
  return {
    ...corsHeaders(request.headers.get("origin"), allowed),
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers":
      request.headers.get("access-control-request-headers") ?? "authorization, content-type, x-api-key",
    "access-control-max-age": "86400",
  };
}

/** What a page's script may read of an answer: ids, limits, and what zgate says of itself. */
const exposed = {
  "access-control-expose-headers": [
    ...["x-request-id", "request-id", "retry-after", "openai-processing-ms", "x-key-expires-at"],
    ...["x-zgate-overhead-ms", "x-zgate-queue-ms", "x-zgate-model"],
    ...["requests", "tokens"].flatMap((what) =>
      ["limit", "remaining", "reset"].map((of) => `x-ratelimit-${of}-${what}`),
    ),
  ].join(", "),
};
