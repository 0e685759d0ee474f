import { describe, expect, test } from "bun:test";
import type { GatewayError } from "~/errors.ts";
import type { RefusedAnswer } from "~/upstreams/upstream.ts";
import { zai } from "~/upstreams/zai/index.ts";
import { harbour } from "../telling.ts";

const at = Date.parse("2026-11-22T12:00:00Z");

function read(text: string, more: Partial<RefusedAnswer> = {}): GatewayError {
  const answer = { status: 400, contentType: "application/json", text, target: harbour, at, hasMedia: false };
  return zai.failure({ ...answer, baseIsDefault: false, ...more });
}

const body = (code: unknown, message = "words") => JSON.stringify({ error: { code, message } });

/** Every code of https://docs.z.ai/api-reference/api-code, and what it means to whoever asked. */
const codes: [codes: string, kind: string, status: number][] = [
  ["1000 1001 1002 1003 1004 1005", "upstream_auth_failed", 502],
  ["1110 1111 1112 1120 1121", "upstream_account", 502],
  ["1113 1304 1308 1309 1310 1313 1316 1317 1318 1319 1320 1321", "insufficient_quota", 429],
  ["1200 1230 1231 1234", "upstream_error", 502],
  ["1210 1212 1213 1214 1215", "invalid_request", 400],
  ["1211", "model_not_found", 404],
  ["1220 1221 1222 1311 1314 1315", "model_not_available", 403],
  ["1261", "context_length_exceeded", 400],
  ["1300 1301", "content_filter", 400],
  ["1302 1303", "upstream_rate_limited", 429],
  ["1305", "upstream_overloaded", 503],
];
for (const [list, kind, status] of codes) {
  for (const code of list.split(" ")) {
    test(`understands ${code}`, () => {
      const shapes = [
        body(code),
        body(Number(code)),
        JSON.stringify({ code, msg: "words", success: false }),
        JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: `[${code}][words]` } }),
        JSON.stringify({ type: "error", error: { type: code, message: "words" } }),
      ];
      for (const text of shapes) {
        const error = read(text, { status: 429 });
        expect([error.kind as string, error.status, error.upstreamCode]).toEqual([kind, status, code]);
        expect(error.message).toContain("words");
      }
    });
  }
}

const statuses: [status: number, kind: string][] = [
  [400, "invalid_request"],
  [401, "upstream_auth_failed"],
  [404, "upstream_error"],
  [429, "upstream_rate_limited"],
  [434, "model_not_available"],
  [435, "too_large"],
  [500, "upstream_error"],
  [503, "upstream_overloaded"],
  [504, "upstream_timeout"],
  [529, "upstream_overloaded"],
  [302, "upstream_error"],
  [200, "upstream_error"],
];
for (const [status, kind] of statuses) {
  test(`goes by the status ${status} where no code says more`, () => {
    for (const text of ["", "<html>", "{}", "null", "[]", body("")]) {
      const error = read(text, { status });
      expect([text, error.kind as string]).toEqual([text, kind]);
      expect(error.upstreamCode).toBe(`HTTP ${status}`);
    }
  });
}

test("recognises a mistyped address", () => {
  const error = read(body("500", "404 NOT_FOUND"), { status: 500 });
  expect(error.kind).toBe("upstream_error");
  expect(error.message).toContain("UPSTREAM_URL");
});

describe("the time to come back", () => {
  const reset = (code: string, words: string) => read(body(code, words), { status: 429 }).retryAfterMs;

  test("is read from the text, whose clock is Beijing's", () => {
    expect(reset("1308", "Your limit will reset at 2026-11-22 20:30:00")).toBe(30 * 60_000);
    expect(reset("1310", "[1310][Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-11-23T20:00:00]")).toBe(
      86_400_000,
    );
    expect(reset("1317", "reset at 2020-01-01 00:00:00")).toBe(1_000);
    expect(reset("1308", "come back later")).toBeNull();
  });

  test("is a guess where nothing is said, and none where waiting does not help", () => {
    expect(reset("1302", "busy")).toBeGreaterThan(0);
    expect(reset("1305", "busy")).toBeGreaterThan(0);
    expect(reset("1113", "Insufficient balance, reset at 2027-01-01 00:00:00")).toBeNull();
    expect(reset("1309", "expired at 2027-01-01 00:00:00")).toBeNull();
  });
});

test("says which base a refused key may belong to, where zgate chose the base", () => {
  for (const code of ["1113", "1002"]) {
    expect(read(body(code), { baseIsDefault: true }).message).toContain("open.bigmodel.cn");
    expect(read(body(code)).message).not.toContain("bigmodel");
  }
  expect(read(body("1302"), { baseIsDefault: true }).message).not.toContain("bigmodel");
});

test("repeats no more than a line of what was said, and never the key", () => {
  const error = read(body("1002", `The key ${harbour.token}\nis wrong. ${"x".repeat(5_000)}`), { status: 401 });
  expect(error.message).not.toContain(harbour.token!);
  expect(error.message).not.toContain("\n");
  expect(error.message.length).toBeLessThan(500);
});
