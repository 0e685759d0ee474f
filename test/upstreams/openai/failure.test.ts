import { expect, test } from "bun:test";
import { openai } from "~/upstreams/openai/index.ts";
import { harbour } from "../telling.ts";

const read = (status: number, error: unknown) =>
  openai.failure({
    status,
    contentType: "application/json",
    text: typeof error === "string" ? error : JSON.stringify({ error }),
    target: harbour,
    at: 0,
    hasMedia: false,
    baseIsDefault: false,
  });

const answers: [says: string, status: number, error: unknown, kind: string, code: string][] = [
  ["an unknown model", 404, { message: "no", code: "model_not_found" }, "model_not_found", "model_not_found"],
  [
    "a long prompt",
    400,
    { message: "no", code: "context_length_exceeded" },
    "context_length_exceeded",
    "context_length_exceeded",
  ],
  ["a filter", 400, { message: "no", code: "content_filter" }, "content_filter", "content_filter"],
  [
    "an empty account",
    429,
    { message: "no", type: "insufficient_quota", code: null },
    "insufficient_quota",
    "HTTP 429",
  ],
  ["a rate limit", 429, { message: "no", code: "rate_limit_exceeded" }, "upstream_rate_limited", "rate_limit_exceeded"],
  ["a wrong key", 401, { message: "no", code: "invalid_api_key" }, "upstream_auth_failed", "invalid_api_key"],
  ["an error without a code", 400, { message: "no" }, "invalid_request", "HTTP 400"],
  ["a number for a code", 500, { message: "no", code: 7 }, "upstream_error", "7"],
  ["an error that is a word", 503, '{"error":"overloaded"}', "upstream_overloaded", "HTTP 503"],
  ["FastAPI's detail", 422, '{"detail":"bad field"}', "invalid_request", "HTTP 422"],
  ["a page", 502, "<html>bad gateway</html>", "upstream_error", "HTTP 502"],
  ["a success that is none", 200, "welcome", "upstream_error", "HTTP 200"],
];
for (const [says, status, error, kind, code] of answers) {
  test(`understands ${says}`, () => {
    const failure = read(status, error);
    expect([failure.kind as string, failure.upstreamCode]).toEqual([kind, code]);
  });
}

test("never repeats the key that it showed", () => {
  const failure = read(401, { message: `Incorrect API key provided: ${harbour.token}`, code: "invalid_api_key" });
  expect(failure.message).toContain("Incorrect API key provided: ***");
});
