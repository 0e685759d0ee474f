import { expect, test } from "bun:test";
import { readUserAgent } from "~/record/user-agent.ts";

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

const table: [raw: string, family: string, version: string][] = [
  ["OpenAI/JS 7.57.0", "openai-node", "7.57.0"],
  ["OpenAI/Python 1.35.0", "openai-python", "1.35.0"],
  ["AsyncOpenAI/Python 2.1.0", "openai-python", "2.1.0"],
  ["Anthropic/JS 0.60.0", "anthropic-node", "0.60.0"],
  ["ai/5.0.1 ai-sdk/openai/2.0.3 runtime/node.js/20", "AI SDK", "5.0.1"],
  ["ai-sdk/openai-compatible/1.0.1 runtime/bun/1.4", "AI SDK", "1.0.1"],
  ["langchainjs-openai/1.0.0", "LangChain", "1.0.0"],
  ["claude-cli/2.0.1 (external, cli)", "Claude Code", "2.0.1"],
  ["codex_cli_rs/0.21.0 (Mac OS 15.1; arm64) iTerm2", "Codex", "0.21.0"],
  ["opencode/0.3.1", "opencode", "0.3.1"],
  ["Cursor/0.50.1", "Cursor", "0.50.1"],
  ["Cline/3.1.0", "Cline", "3.1.0"],
  ["Aider/0.80.0 +https://aider.chat", "aider", "0.80.0"],
  ["curl/8.5.0", "curl", "8.5.0"],
  ["python-requests/2.31.0", "python-requests", "2.31.0"],
  ["python-httpx/0.27.0", "python-httpx", "0.27.0"],
  ["Python/3.11 aiohttp/3.9.1", "aiohttp", "3.9.1"],
  ["node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "node-fetch", "1.0"],
  ["node", "Node.js", ""],
  [
    chrome.replace("Chrome/", "CherryStudio/1.2.3 Chrome/").replace(" Safari", " Electron/31.0 Safari"),
    "Cherry Studio",
    "1.2.3",
  ],
  ["Open WebUI/0.6.5", "Open WebUI", "0.6.5"],
  [chrome, "Chrome", "130.0.0.0"],
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot", ""],
  ["MyApp/1.2 (build 5)", "MyApp", "1.2"],
  ["<script>alert(1)</script>", "unknown", ""],
  ["", "none", ""],
];

for (const [raw, family, version] of table) {
  test(`${raw.slice(0, 40) || "nothing"} is ${family} ${version}`.trim(), () => {
    expect(readUserAgent(raw)).toEqual({ family, version });
  });
}

test("a text made to be slow to read is read at once", () => {
  expect(readUserAgent(`${"a-".repeat(50_000)}/`)).toEqual({ family: "unknown", version: "" });
  expect(readUserAgent(`Mozilla/5.0 ${"(".repeat(100_000)}`).family).toBeString();
});
