import { describe, expect, test } from "bun:test";
import type { ErrorKind, GatewayError } from "~/errors.ts";
import type { RefusedAnswer } from "~/upstreams/upstream.ts";
import { zaiWeb } from "~/upstreams/zai-web/index.ts";
import { frames, guest, harbour, plainQuestion, see, tell, telling } from "./telling.ts";

function refused(status: number, text: string, more: Partial<RefusedAnswer> = {}): GatewayError {
  const contentType = text.startsWith("<") ? "text/html" : "application/json";
  return zaiWeb.failure({
    status,
    contentType,
    text,
    target: harbour,
    at: 0,
    hasMedia: false,
    baseIsDefault: false,
    ...more,
  });
}

const refusals: [says: string, status: number, text: string, kind: ErrorKind][] = [
  ["a missing signature", 400, '{"detail":"Signature validation failed"}', "upstream_challenge"],
  ["a captcha", 400, '{"error":{"code":"FRONTEND_CAPTCHA_REQUIRED","detail":"please"}}', "upstream_challenge"],
  ["a bad token", 401, '{"detail":"401 Unauthorized"}', "upstream_auth_failed"],
  ["a forbidden call", 403, '{"error":{"detail":"no permission","code":"1220"}}', "upstream_auth_failed"],
  [
    "a model above the guest's level",
    403,
    '{"detail":"Model not available for current user level"}',
    "model_not_available",
  ],
  ["the firewall", 405, "<!doctype html><title>405</title>", "upstream_challenge"],
  ["the firewall with a friendly status", 200, "<html><script>acw_tc</script></html>", "upstream_challenge"],
  [
    "an old build",
    426,
    '{"error":{"detail":"Your client version check is failed","code":426}}',
    "upstream_client_outdated",
  ],
  ["too many requests", 429, '{"detail":"slow down"}', "upstream_rate_limited"],
  ["an own failure", 500, "oops", "upstream_error"],
  ["a proxy's page", 502, "<html><h1>502 Bad Gateway</h1></html>", "upstream_error"],
  ["a page where an answer belongs", 200, "<html>Welcome</html>", "upstream_error"],
  ["an error under a friendly status", 200, '{"error":{"code":"MODEL_CONCURRENCY_LIMIT"}}', "upstream_rate_limited"],
  ["a redirect", 302, "", "upstream_error"],
];

for (const [says, status, text, kind] of refusals) {
  test(`understands ${says}`, () => {
    const error = refused(status, text);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain("harbour");
    expect(error.message).not.toMatch(/<\w/);
    expect(error.message.length).toBeLessThan(400);
    expect(error.upstreamCode).not.toBeNull();
  });
}

test("says when to come back to a busy upstream", () => {
  expect(refused(429, "{}").retryAfterMs).toBeGreaterThan(0);
});

test("names the official API where the site wants a browser", () => {
  for (const [, status, text, kind] of refusals) {
    if (kind !== "upstream_challenge" && kind !== "upstream_client_outdated") continue;
    const { message } = refused(status, text);
    expect(message).toContain("https://api.z.ai/api/paas/v4");
    expect(message).toContain("UPSTREAM_URL");
    expect(message).toContain("ZAI_TOKEN");
  }
});

test("repeats no token and no page of what the upstream says", () => {
  const jwt = ["eyJhbGciOiJFUzI1NiJ9", "eyJpZCI6IjEifQ", "c2ln"].join(".");
  const { message } = refused(500, JSON.stringify({ detail: `bad user-token and ${jwt}`.repeat(100) }));
  expect(message).not.toContain("user-token");
  expect(message).not.toContain("eyJ");
  expect(message.length).toBeLessThan(400);
});

test("takes the site's vague words for a refusal of a guest's media, and of nothing else", () => {
  const text = '{"detail":"Oops, something went wrong. Please try again later."}';
  expect(refused(500, text, { hasMedia: true, target: guest }).kind).toBe("multimodal_not_allowed");
  expect(refused(500, text, { hasMedia: true }).kind).toBe("upstream_error");
  expect(refused(500, text, { target: guest }).kind).toBe("upstream_error");
});

describe("an error inside the stream", () => {
  const told = telling(plainQuestion);
  const error = { code: "INTERNAL_ERROR", detail: "oops" };

  test("is found in each of its four places", async () => {
    const places = [
      { type: "chat:completion", error },
      { type: "chat:completion", data: { error, done: true } },
      { type: "chat:completion", data: { inner: { error }, done: true } },
      { type: "chat:completion", data: { data: { error }, done: true } },
    ];
    for (const place of places) {
      const seen = await see(tell(one(JSON.stringify(place)), told), told);
      expect(seen.error?.kind).toBe("upstream_error");
      expect(seen.error?.upstreamCode).toBe("INTERNAL_ERROR");
      expect(seen.error?.message).toContain("oops");
      expect(seen.finish).toBeNull();
    }
  });

  const kinds: [code: string | number, detail: string, kind: ErrorKind][] = [
    [426, "too old", "upstream_client_outdated"],
    ["426", "too old", "upstream_client_outdated"],
    [403, "Model not available for current user level", "model_not_available"],
    ["MODEL_CONCURRENCY_LIMIT", "busy", "upstream_rate_limited"],
    [429, "busy", "upstream_rate_limited"],
    ["429", "busy", "upstream_rate_limited"],
    ["FRONTEND_CAPTCHA_REQUIRED", "", "upstream_challenge"],
    [401, "bad token", "upstream_auth_failed"],
    [500, "oops", "upstream_error"],
    ["INTERNAL_ERROR", "oops", "upstream_error"],
  ];

  test("means the same as a number and as a word", async () => {
    for (const [code, detail, kind] of kinds) {
      const data = { content: "", done: true, error: { code, detail } };
      const seen = await see(tell(frames(data), told), told);
      expect([code, seen.error?.kind]).toEqual([code, kind]);
      expect(seen.deltas).toEqual([]);
    }
  });

  test("comes behind the words of the same network read", async () => {
    const batch = [
      '{"type":"chat:completion","data":{"delta_content":"Half an","phase":"answer"}}',
      '{"type":"chat:completion","data":{"error":{"code":"INTERNAL_ERROR"},"done":true}}',
    ];
    const seen = await see(tell(one(...batch), told), told);
    expect(seen.deltas).toEqual([{ content: "Half an" }]);
    expect(seen.error?.kind).toBe("upstream_error");
  });

  test("ends a whole answer too", async () => {
    const whole = telling(plainQuestion, { stream: false });
    const data = [
      { delta_content: "Half an", phase: "answer" },
      { error, done: true },
    ];
    const seen = await see(tell(frames(...data), whole), whole);
    expect(seen.error?.upstreamCode).toBe("INTERNAL_ERROR");
  });
});

async function* one(...datas: string[]) {
  yield datas.map((data) => ({ data }));
}
