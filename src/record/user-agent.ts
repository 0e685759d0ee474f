import Bowser from "bowser";
import { isbot } from "isbot";

/**
 * What a client program calls itself: family and version. SDKs and agents by a table of our own, since the libraries for
 * browsers know none of them; then browsers; then robots.
 */
export function readUserAgent(raw: string): { family: string; version: string } {
  if (raw.trim() === "") return { family: "none", version: "" };
  const text = raw.slice(0, longestRead);
  for (const [family, pattern] of programs) {
    const found = pattern.exec(text);
    if (found !== null) return { family, version: found[1] ?? "" };
  }
  return /^(?:Mozilla|Opera)\//.test(text) ? browserOrBot(text) : ownName(text);
}

/** Patterns run over so many characters at most: the text is a stranger's. */
const longestRead = 512;

/** A name, then its version. */
function named(name: string): RegExp {
  return new RegExp(`(?:^|[\\s(;,])${name}/v?(\\d[\\w.+-]{0,23})`, "i");
}

/** Everything that claims to be a browser. */
function browserOrBot(text: string): { family: string; version: string } {
  if (isbot(text)) return { family: "bot", version: "" };
  const { name, version } = Bowser.parse(text).browser;
  return name ? { family: name, version: version ?? "" } : { family: "unknown", version: "" };
}

/** `MyApp/1.2 (…)`: whoever names itself so gets a family of its own. */
function ownName(text: string): { family: string; version: string } {
  const own = /^([A-Za-z][\w.-]{1,39})\/v?([\w.+-]{1,24})/.exec(text);
  return own === null ? { family: "unknown", version: "" } : { family: own[1]!, version: own[2]! };
}

/** First match wins: apps stand before the SDKs and the HTTP libraries that they are built with. */
const programs: [family: string, pattern: RegExp][] = [
  // Coding agents.
  ["Claude Code", named("(?:claude-cli|claude-code)")],
  ["Codex", named("codex[\\w-]*")],
  ["opencode", named("opencode")],
  ["Cursor", named("cursor")],
  ["Cline", named("cline")],
  ["Roo Code", named("roo-?code")],
  ["Kilo Code", named("kilo-?code")],
  ["aider", named("aider")],
  ["Zed", named("zed")],
  ["Continue", named("continue(?:dev)?")],
  ["goose", named("goose")],
  ["Crush", named("(?:charm-?)?crush")],
  ["Qwen Code", named("qwen-?code")],
  ["Gemini CLI", named("gemini-?cli")],
  ["GitHub Copilot", named("githubcopilot(?:chat)?")],
  ["Windsurf", named("windsurf")],
  ["Factory", named("factory-cli")],

  // Chat programs; several are Electron, and would pass for Chrome.
  ["Cherry Studio", named("cherry-?studio")],
  ["Open WebUI", named("open[- ]?webui")],
  ["Chatbox", named("chatbox(?:ai)?(?:\\.app)?")],
  ["LobeChat", named("lobe-?chat")],
  ["NextChat", named("nextchat")],
  ["LibreChat", named("librechat")],
  ["SillyTavern", named("silly-?tavern")],
  ["AnythingLLM", named("anything-?llm")],
  ["Jan", named("jan")],
  ["Msty", named("msty")],
  ["Raycast", named("raycast")],
  ["Obsidian", named("obsidian")],
  ["n8n", named("n8n")],
  ["Dify", named("dify")],
  ["Home Assistant", named("home-?assistant")],

  // Frameworks and SDKs.
  ["LangChain", named("lang-?chain[\\w-]*")],
  ["LlamaIndex", named("llama-?index[\\w-]*")],
  ["LiteLLM", named("litellm")],
  ["AI SDK", named("ai")],
  ["AI SDK", named("ai-sdk(?:/[a-z][\\w-]*)?")],
  ["openai-python", named("(?:async)?(?:azure)?openai/python")],
  ["openai-python", /(?:^|\s)(?:Async)?(?:Azure)?OpenAI\/Python\s+(\d[\w.+-]{0,23})/i],
  ["openai-node", /(?:^|\s)(?:Azure)?OpenAI\/(?:JS|NodeJS)\s+(\d[\w.+-]{0,23})/i],
  ["openai-go", /(?:^|\s)OpenAI\/Go\s+(\d[\w.+-]{0,23})/i],
  ["openai-java", /(?:^|\s)OpenAI\/Java\s+(\d[\w.+-]{0,23})/i],
  ["openai-ruby", /(?:^|\s)OpenAI\/Ruby\s+(\d[\w.+-]{0,23})/i],
  ["openai-dotnet", named("openai")],
  ["anthropic-python", /(?:^|\s)(?:Async)?Anthropic\/Python\s+(\d[\w.+-]{0,23})/i],
  ["anthropic-node", /(?:^|\s)Anthropic\/(?:JS|TypeScript)\s+(\d[\w.+-]{0,23})/i],
  ["anthropic-go", /(?:^|\s)Anthropic\/Go\s+(\d[\w.+-]{0,23})/i],
  ["anthropic-java", /(?:^|\s)Anthropic\/Java\s+(\d[\w.+-]{0,23})/i],
  ["zai-sdk", named("(?:zai|zhipuai|z-ai)(?:-sdk)?(?:-python)?")],

  // Tools and HTTP libraries.
  ["curl", named("(?:lib)?curl")],
  ["Wget", named("wget")],
  ["HTTPie", named("httpie")],
  ["Postman", named("postmanruntime")],
  ["Insomnia", named("insomnia")],
  ["python-requests", named("python-requests")],
  ["python-httpx", named("python-httpx")],
  ["aiohttp", named("aiohttp")],
  ["python-urllib", named("python-urllib\\d?")],
  ["node-fetch", named("node-fetch")],
  ["axios", named("axios")],
  ["got", named("got")],
  ["undici", named("undici")],
  ["Node.js", /^node(?:\.js)?(?:\/v?(\d[\w.]{0,23}))?$/i],
  ["undici", /^undici$/i],
  ["Bun", named("bun")],
  ["Deno", named("deno")],
  ["Go", named("go-http-client")],
  ["reqwest", named("reqwest")],
  ["OkHttp", named("okhttp")],
  ["Java", named("java-http-client")],
  ["Java", named("java")],
  ["Apache HttpClient", named("apache-httpclient")],
  ["Dart", named("dart")],
  ["Guzzle", named("guzzlehttp")],
  ["Ruby", /^Ruby$/i],
  ["PowerShell", named("powershell")],
];
