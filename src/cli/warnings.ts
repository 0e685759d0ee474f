import { isLoopback } from "~/config/load.ts";
import type { Text } from "~/config/text.ts";
import type { Settings } from "~/config.ts";
import { isOfficialKey, officialBase, wantsOfficialKey } from "~/upstreams/choose.ts";

/** What the owner of these settings should hear at every start, most urgent first. */
export function startWarnings(settings: Settings): Text[] {
  return rules.filter((rule) => rule.applies(settings)).map((rule) => rule.says);
}

interface Rule {
  applies(settings: Settings): boolean;
  says: Text;
}

const keyPage = "https://z.ai/manage-apikey/apikey-list";

/** What chat.z.ai gives to browsers: a JSON web token. */
const isOfBrowser = (token: string): boolean => /^eyJ[^.]*\.[^.]+\.[^.]+$/.test(token);
const isOdd = (token: string): boolean => !isOfficialKey(token) && !isOfBrowser(token);

const rules: Rule[] = [
  {
    applies: (settings) => !settings.apiKeyEnabled,
    says: {
      en: "API_KEY_ENABLED=false: whoever reaches the port is served without a key.",
      zh: "API_KEY_ENABLED=false：任何能访问该端口的人无需密钥即可使用。",
    },
  },
  {
    applies: ({ upstream, zaiToken }) => upstream.dialect === "zai-web" && zaiToken === null,
    says: {
      en: `ZAI_TOKEN is empty, so chat.z.ai guests are used. Z.ai often refuses them, and they may not send images, video, documents or audio. An API key for the official API: ${keyPage}`,
      zh: `ZAI_TOKEN 为空，将使用 chat.z.ai 匿名身份。Z.ai 经常拒绝匿名请求，且匿名身份不能发送图像、视频、文档和音频。官方 API Key 申请：${keyPage}`,
    },
  },
  {
    applies: ({ upstream, zaiToken }) => upstream.dialect === "zai" && zaiToken === null,
    says: {
      en: `ZAI_TOKEN is empty, and the official API answers nobody without a key. Make one: ${keyPage}`,
      zh: `ZAI_TOKEN 为空，而官方 API 必须有 Key 才会回答。申请地址：${keyPage}`,
    },
  },
  {
    applies: ({ upstream, zaiToken }) => upstream.dialect === "zai" && upstream.baseIsDefault && zaiToken !== null,
    says: {
      en: "ZAI_TOKEN looks like an API key, so the official API is used. Should it refuse the key (codes 1000 to 1004, 1113), the key belongs elsewhere; set UPSTREAM_URL=https://open.bigmodel.cn/api/paas/v4 for open.bigmodel.cn, or UPSTREAM_URL=https://api.z.ai/api/coding/paas/v4 for a coding plan.",
      zh: "ZAI_TOKEN 形如 API Key，因此使用官方 API。若返回 1000–1004 或 1113，说明该 Key 属于别处：智谱开放平台请设置 UPSTREAM_URL=https://open.bigmodel.cn/api/paas/v4，编程套餐请设置 UPSTREAM_URL=https://api.z.ai/api/coding/paas/v4。",
    },
  },
  {
    applies: ({ upstream }) => upstream.isCodingPlan,
    says: {
      en: "UPSTREAM_URL is the base of a GLM Coding Plan. Its terms allow the subscriber alone and the tools that Z.ai names; other use may be slowed down or end the plan.",
      zh: "UPSTREAM_URL 是 GLM 编程套餐的地址。套餐条款仅允许订阅者本人在 Z.ai 指定的工具中使用，其他用途可能被限速或取消权益。",
    },
  },
  {
    applies: ({ upstream, zaiToken }) => upstream.dialect === "zai-web" && zaiToken !== null && isOfficialKey(zaiToken),
    says: {
      en: `ZAI_TOKEN looks like an API key of the official API, which chat.z.ai does not know. Set UPSTREAM_URL=${officialBase}`,
      zh: `ZAI_TOKEN 形如官方 API Key，chat.z.ai 不认识它。请设置 UPSTREAM_URL=${officialBase}`,
    },
  },
  {
    applies: ({ upstream, zaiToken }) => upstream.dialect === "zai" && isOfBrowser(zaiToken ?? ""),
    says: {
      en: `ZAI_TOKEN looks like a browser's token of chat.z.ai, which the official API does not know. Make an API key: ${keyPage}`,
      zh: `ZAI_TOKEN 形如 chat.z.ai 的浏览器令牌，官方 API 不认识它。请申请 API Key：${keyPage}`,
    },
  },
  {
    applies: ({ upstream, zaiToken }) =>
      upstream.dialect === "zai" && zaiToken !== null && isOdd(zaiToken) && wantsOfficialKey(upstream.url),
    says: {
      en: `ZAI_TOKEN is not shaped like a key of Z.ai's, which is id.secret: see whether it is whole. ${keyPage}`,
      zh: `ZAI_TOKEN 不像 Z.ai 的 API Key（形如 id.secret）：请检查是否完整。${keyPage}`,
    },
  },
  {
    applies: ({ upstream, zaiToken }) => {
      const { protocol, hostname } = new URL(upstream.url);
      return zaiToken !== null && protocol === "http:" && !isLoopback(hostname);
    },
    says: {
      en: "UPSTREAM_URL begins with http://, so ZAI_TOKEN and every prompt cross the network in the clear.",
      zh: "UPSTREAM_URL 以 http:// 开头，ZAI_TOKEN 和所有提示词将以明文传输。",
    },
  },
];
