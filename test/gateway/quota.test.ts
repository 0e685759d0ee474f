import { expect, test } from "bun:test";
import { readQuota } from "~/gateway/quota.ts";

test("reads what Z.ai says of an account's windows, whatever else stands there", () => {
  const limits = [
    { type: "TOKENS_LIMIT", unit: 3, number: 5, percentage: 12, nextResetTime: 1_766_000_000_000, more: {} },
    { type: "TIME_LIMIT", percentage: 140 },
    { type: "NEW_KIND", percentage: "12" },
    null,
  ];
  expect(readQuota(JSON.stringify({ success: true, code: 200, data: { limits } }))).toEqual([
    { kind: "TOKENS_LIMIT", used_percent: 12, resets_at: "2025-12-17T19:33:20.000Z" },
    { kind: "TIME_LIMIT", used_percent: 100, resets_at: null },
  ]);
});

test("makes nothing of anything else", () => {
  for (const text of [
    "",
    "<html>",
    "null",
    "[]",
    "{}",
    '{"data":null}',
    '{"data":{"limits":{}}}',
    '{"data":{"limits":[]}}',
  ])
    expect(readQuota(text)).toBeNull();
});
