import { describe, expect, test } from "bun:test";
import { chooseUpstream, isOfficialKey } from "~/upstreams/choose.ts";

const web = "https://chat.z.ai/api/chat/completions";
const official = "https://api.z.ai/api/paas/v4";

describe("the upstream", () => {
  const byAddress: [string, string, string][] = [
    // What the older systems' documents tell people to write.
    ["https://chat.z.ai/api/chat/completions", "zai-web", web],
    ["https://chat.z.ai", "zai-web", web],
    // Other spellings of the same.
    ["https://chat.z.ai/", "zai-web", web],
    ["https://CHAT.Z.AI/api", "zai-web", web],
    ["http://proxy.example:8443/z/api/chat/completions", "zai-web", "http://proxy.example:8443/z/api/chat/completions"],
    [official, "zai", official],
    [`${official}/`, "zai", official],
    [`${official}/chat/completions`, "zai", official],
    [`${official}/models`, "zai", official],
    ["https://api.z.ai", "zai", official],
    ["https://open.bigmodel.cn/api/paas/v4", "zai", "https://open.bigmodel.cn/api/paas/v4"],
    ["https://api.z.ai/api/coding/paas/v4", "zai", "https://api.z.ai/api/coding/paas/v4"],
    ["http://127.0.0.1:4010/api/paas/v4", "zai", "http://127.0.0.1:4010/api/paas/v4"],
    ["http://127.0.0.1:8000/v1", "openai", "http://127.0.0.1:8000/v1"],
    ["http://127.0.0.1:8000/v1/chat/completions", "openai", "http://127.0.0.1:8000/v1"],
    ["https://elsewhere.example/paas/v40", "openai", "https://elsewhere.example/paas/v40"],
    ["https://chat.z.ai.elsewhere.example/v1", "openai", "https://chat.z.ai.elsewhere.example/v1"],
  ];
  test.each(byAddress)("at %s speaks %s", (url, dialect, normalised) => {
    expect(chooseUpstream({ url, dialect: "auto", token: null })).toMatchObject({
      dialect,
      url: normalised,
      baseIsDefault: false,
    });
  });

  test("without an address is told by the form of the token", () => {
    const chosen = (token: string | null) => chooseUpstream({ url: null, dialect: "auto", token });
    expect(chosen(`${"0a".repeat(16)}.${"Xy".repeat(8)}`)).toMatchObject({ dialect: "zai", url: official });
    expect(chosen(`eyJhbGciOiJFUzI1NiJ9.${"p".repeat(40)}.${"s".repeat(40)}`)).toMatchObject({ dialect: "zai-web" });
    expect(chosen(null)).toEqual({ dialect: "zai-web", url: web, baseIsDefault: true, isCodingPlan: false });
  });

  test("is told by the address even when the token looks like another one's", () => {
    const token = `${"0a".repeat(16)}.${"Xy".repeat(8)}`;
    expect(chooseUpstream({ url: "https://chat.z.ai", dialect: "auto", token }).dialect).toBe("zai-web");
  });

  test("speaks the dialect that was named outright", () => {
    const named = (dialect: "zai" | "zai-web" | "openai", url: string | null) =>
      chooseUpstream({ url, dialect, token: null }).url;
    expect(named("zai", null)).toBe(official);
    expect(named("zai-web", null)).toBe(web);
    expect(named("zai", "http://127.0.0.1:4010")).toBe("http://127.0.0.1:4010/api/paas/v4");
    expect(named("zai", "http://127.0.0.1:4010/own/base")).toBe("http://127.0.0.1:4010/own/base");
    expect(named("zai-web", "https://proxy.example")).toBe("https://proxy.example/api/chat/completions");
    expect(named("openai", `${official}/chat/completions`)).toBe(official);
  });

  test("is a coding plan only where its own base was written down", () => {
    const isCodingPlan = (url: string | null) => chooseUpstream({ url, dialect: "zai", token: null }).isCodingPlan;
    expect(isCodingPlan("https://api.z.ai/api/coding/paas/v4/chat/completions")).toBe(true);
    expect(isCodingPlan("https://open.bigmodel.cn/api/coding/paas/v4")).toBe(true);
    expect(isCodingPlan(official)).toBe(false);
    expect(isCodingPlan(null)).toBe(false);
  });
});

test("tells an official key from a browser's token", () => {
  expect(isOfficialKey(`${"0a".repeat(16)}.${"Xy".repeat(8)}`)).toBe(true);
  expect(isOfficialKey("header00.payload0.signature")).toBe(false);
  expect(isOfficialKey("one-word-without-a-dot")).toBe(false);
});
