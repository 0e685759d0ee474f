import { describe, expect, test } from "bun:test";
import { startBanner } from "~/cli/banner.ts";
import { loadConfig } from "~/config/load.ts";

const officialKey = `${"0a".repeat(16)}.${"Xy".repeat(8)}`;

function start(env: Record<string, string>, news: string[] = [], port = 9090): string {
  return startBanner({ version: "1.2.3", port, config: loadConfig(env, null), news }).join("\n");
}

describe("the text of a start", () => {
  test("prints home, API base, dashboard, docs and the upstream in use", () => {
    const text = start({ ZAI_TOKEN: officialKey }, [], 43210);
    expect(text).toStartWith("zgate 1.2.3\n");
    expect(text).toContain("Home       http://127.0.0.1:43210/\n");
    expect(text).toContain("API base   http://127.0.0.1:43210/v1\n");
    expect(text).toContain("Dashboard  http://127.0.0.1:43210/dashboard\n");
    expect(text).toContain("Docs       http://127.0.0.1:43210/docs\n");
    expect(text).toContain("Upstream   https://api.z.ai/api/paas/v4  (zai: the official Z.ai API)\n");
  });

  test("says that only this machine reaches it, and what to do about that", () => {
    expect(start({})).toMatch(/Only this machine reaches zgate\..*HOST=0\.0\.0\.0/);
    expect(start({ HOST: "::1" })).toContain("http://[::1]:9090/v1");
    const open = start({ HOST: "0.0.0.0" });
    expect(open).not.toContain("Only this machine");
    expect(open).toContain("http://localhost:9090/v1");
    expect(open).toContain("without TLS");
  });

  test("warns that chat.z.ai guests are often refused, and says where to get a key", () => {
    expect(start({})).toMatch(
      /^! ZAI_TOKEN is empty, so chat\.z\.ai guests are used\..*https:\/\/z\.ai\/manage-apikey/m,
    );
    expect(start({ ZAI_TOKEN: officialKey })).not.toContain("guests are used");
  });

  test("names the line to set where a refused key may belong to another base that zgate did not choose", () => {
    const hint = "UPSTREAM_URL=https://open.bigmodel.cn/api/paas/v4";
    expect(start({ ZAI_TOKEN: officialKey })).toContain(hint);
    expect(start({ ZAI_TOKEN: officialKey, UPSTREAM_URL: "https://api.z.ai/api/paas/v4" })).not.toContain(hint);
  });

  test.each([
    ["keys that are not asked for", { API_KEY_ENABLED: "false" }, "API_KEY_ENABLED=false"],
    [
      "a coding plan's terms",
      { UPSTREAM_URL: "https://api.z.ai/api/coding/paas/v4", ZAI_TOKEN: officialKey },
      "Coding Plan",
    ],
    ["the official API without a key", { UPSTREAM_URL: "https://api.z.ai" }, "answers nobody without a key"],
    ["an official key for the web", { UPSTREAM_URL: "https://chat.z.ai", ZAI_TOKEN: officialKey }, "does not know"],
    [
      "a browser's token for the official API",
      { UPSTREAM_URL: "https://api.z.ai", ZAI_TOKEN: `eyJ${"h".repeat(9)}.payload.signature` },
      "browser's token",
    ],
    [
      "a key that is cut",
      { UPSTREAM_URL: "https://api.z.ai", ZAI_TOKEN: officialKey.slice(0, 9) },
      "not shaped like a key of Z.ai's",
    ],
    [
      "a token in the clear",
      { UPSTREAM_URL: "http://far.example/v1", ZAI_TOKEN: "obviously-fake-token" },
      "in the clear",
    ],
  ] as [string, Record<string, string>, string][])("warns of %s", (_, env, words) => {
    expect(start(env)).toMatch(new RegExp(`^! .*${words}`, "m"));
  });

  test("has nothing to warn of where all is well", () => {
    const calm = { UPSTREAM_URL: "https://api.z.ai/api/paas/v4", ZAI_TOKEN: officialKey };
    expect(start(calm)).not.toContain("\n!");
    expect(start({ UPSTREAM_URL: "http://127.0.0.1:8000/v1", ZAI_TOKEN: "obviously-fake-token" })).not.toContain("\n!");
  });

  test("prints the news, the notes and the settings in use, and no secret", () => {
    const text = start({ ZAI_TOKEN: officialKey, ZAI_PORT: "7070", PORT: "9090" }, ["A key was made."]);
    expect(text).toContain("\n* A key was made.\n");
    expect(text).toContain("\n- PORT and ZAI_PORT say different things; PORT counts.\n");
    expect(text).toMatch(/ZAI_TOKEN +\*{8} {2}\(environment\)/);
    expect(text).toMatch(/DURABILITY +ack\n/);
    expect(text).not.toContain(officialKey.slice(0, 12));
  });

  test("says where the dashboard went when it is off", () => {
    expect(start({ DASHBOARD_ENABLED: "false" })).toContain("off (DASHBOARD_ENABLED=false)");
  });

  test("speaks Chinese where the machine does", () => {
    const text = start({ LANG: "zh_CN.UTF-8" });
    expect(text).toContain("API 地址  http://127.0.0.1:9090/v1");
    expect(text).toContain("首页      http://127.0.0.1:9090/\n");
    expect(text).toContain("只有本机能访问 zgate");
    expect(text).toContain("! ZAI_TOKEN 为空");
    expect(text).not.toMatch(/guests|machine/);
  });
});
