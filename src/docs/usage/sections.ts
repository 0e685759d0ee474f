import { envelope } from "~/apis/openai-chat/failure.ts";
import type { Text } from "~/config/text.ts";
import { type ErrorKind, errorKinds, GatewayError } from "~/errors.ts";

/** Settings of programs that people use with a gateway; `{base}` is this one's address. */
export const clients: readonly { name: string; says: Text }[] = [
  {
    name: "Cherry Studio, Open WebUI, Chatbox, LobeChat",
    says: {
      en: "Add a provider of the kind OpenAI. Base URL {base}/v1 (where a program adds /v1 itself: {base}), then the key.",
      zh: "添加一个 OpenAI 类型的服务商。API 地址 {base}/v1（会自动补 /v1 的程序填 {base}），再填密钥。",
    },
  },
  {
    name: "Cline, Roo Code, Continue",
    says: {
      en: "API provider: OpenAI Compatible. Base URL {base}/v1, the key, and a model's name from {base}/v1/models.",
      zh: "API Provider 选 OpenAI Compatible，Base URL 填 {base}/v1，再填密钥和 {base}/v1/models 中的模型名。",
    },
  },
  {
    name: "Claude Code",
    says: {
      en: "ANTHROPIC_BASE_URL={base} and ANTHROPIC_AUTH_TOKEN=your key.",
      zh: "设置 ANTHROPIC_BASE_URL={base} 与 ANTHROPIC_AUTH_TOKEN=你的密钥。",
    },
  },
  {
    name: "Codex",
    says: {
      en: 'In config.toml a model provider with base_url = "{base}/v1", wire_api = "responses" and env_key naming the variable that holds the key.',
      zh: '在 config.toml 中添加 model provider：base_url = "{base}/v1"，wire_api = "responses"，env_key 指向存放密钥的变量。',
    },
  },
];

/** Where an answer comes from. */
export const addresses: readonly { path: string; says: Text }[] = [
  { path: "POST /v1/chat/completions", says: { en: "OpenAI Chat Completions", zh: "OpenAI Chat Completions" } },
  { path: "POST /v1/responses", says: { en: "OpenAI Responses", zh: "OpenAI Responses" } },
  {
    path: "POST /v1/messages",
    says: { en: "Anthropic Messages; also below /anthropic", zh: "Anthropic Messages；也可用 /anthropic 前缀" },
  },
  {
    path: "POST /v1/messages/count_tokens",
    says: { en: "how many tokens a message would be", zh: "估算消息的 token 数" },
  },
  { path: "POST /v1/completions", says: { en: "older completions", zh: "旧式补全" } },
  { path: "POST /v1/embeddings", says: { en: "embeddings, where the upstream has them", zh: "向量（视上游而定）" } },
  { path: "GET /v1/models", says: { en: "what can be asked for", zh: "可用的模型" } },
  { path: "GET /v1/key", says: { en: "what is left of your key's limits", zh: "密钥的剩余额度" } },
  { path: "GET /health", says: { en: "whether it is up; no key", zh: "是否存活；无需密钥" } },
  { path: "GET /ready", says: { en: "whether it takes requests; no key", zh: "是否可以接收请求；无需密钥" } },
  {
    path: "GET /metrics",
    says: { en: "for Prometheus; a key with the right metrics", zh: "供 Prometheus 使用；需要 metrics 权限的密钥" },
  },
];

/** What an answer's status means and what to do. */
export const statuses: readonly { status: number; says: Text }[] = [
  {
    status: 200,
    says: {
      en: "All is well. In a stream, an error may still come as an event of its own.",
      zh: "正常。流式回答中，错误仍可能以单独的事件出现。",
    },
  },
  {
    status: 400,
    says: { en: "The request makes no sense; error.param names the field.", zh: "请求有误；error.param 指出字段。" },
  },
  {
    status: 401,
    says: {
      en: "The key is missing, unknown, revoked or expired, or not sent as Authorization: Bearer KEY; the message says which.",
      zh: "密钥缺失、未知、已吊销或过期，或未以 Authorization: Bearer KEY 发送；消息会说明是哪一种。",
    },
  },
  {
    status: 403,
    says: {
      en: "The key may not do this, or not with this model or from this address.",
      zh: "密钥无权这样做，或不能用此模型、不能从此地址使用。",
    },
  },
  {
    status: 404,
    says: {
      en: "There is no such address, or no such model: see /v1/models.",
      zh: "没有这个地址或模型：请看 /v1/models。",
    },
  },
  { status: 413, says: { en: "The body is larger than this gateway takes.", zh: "请求体超过上限。" } },
  {
    status: 429,
    says: {
      en: "A limit of yours, of this gateway or of Z.ai is reached. Wait for Retry-After.",
      zh: "达到了你的、网关的或 Z.ai 的限额。请按 Retry-After 等待。",
    },
  },
  {
    status: 502,
    says: {
      en: "Z.ai could not be reached, refused, or broke off; the message says which.",
      zh: "无法连接 Z.ai、被其拒绝或中途断开；消息会说明是哪一种。",
    },
  },
  {
    status: 503,
    says: {
      en: "Paused, starting, stopping, overloaded, or the disk fails. Wait for Retry-After.",
      zh: "已暂停、启动中、停止中、过载，或磁盘故障。请按 Retry-After 等待。",
    },
  },
  { status: 504, says: { en: "Z.ai was silent for too long.", zh: "Z.ai 太久没有响应。" } },
];

/** Every kind of error, with the word that OpenAI's clients get for it. */
export const kinds = (Object.keys(errorKinds) as ErrorKind[]).map((kind) => {
  const { code } = envelope(new GatewayError(kind, ""));
  const { status, fault } = errorKinds[kind];
  return { kind, code, status, fault };
});
