import type { Text } from "~/config/text.ts";
import { type ErrorKind, GatewayError } from "~/errors.ts";
import { byStatus } from "../refusal.ts";
import type { RefusedAnswer, Target } from "../upstream.ts";

/** A refusal of the web chat as an HTTP answer: a status and JSON, a firewall's page, a redirect. */
export function failure(answer: RefusedAnswer): GatewayError {
  const said = answer.text.trimStart();
  const isPage = said.startsWith("<") || answer.contentType.includes("html");
  if (isPage && isWall(answer)) return bySentence("upstream_challenge", walled, answer.target, `HTTP ${answer.status}`);
  const error = isPage ? nothingSaid : readError(errorIn(said));
  return refusal(error, answer) ?? byStatus(answer, harmless(error.detail, answer.target), codeOf(error, answer));
}

/** An error that stands inside an answer with HTTP 200. */
export function inlineFailure(error: unknown, target: Target, hasMedia: boolean, at: number): GatewayError {
  const said = readError(error);
  const words = harmless(said.detail, target);
  // The site's own codes are HTTP's where they are numbers.
  const isStatus = /^[45]\d\d$/.test(said.code);
  const status = isStatus ? Number(said.code) : 200;
  const answer = { status, contentType: "", text: "", target, at, hasMedia, baseIsDefault: false };
  const known = refusal(said, answer) ?? (isStatus ? byStatus(answer, words, said.code) : null);
  return known ?? bySentence("upstream_error", broke, target, said.code || null, words);
}

/** The stream ended as if all were well, and there was nothing in it. */
export function emptyAnswer(target: Target): GatewayError {
  return bySentence("upstream_incomplete", silent, target, null);
}

const broke: Rule["sentence"] = (who, tail) => ({ en: `${who} failed${tail}`, zh: `${who} 出错${tail}` });
const silent: Rule["sentence"] = (who) => ({
  en: `${who} ended its answer without a word`,
  zh: `${who} 没有说一个字就结束了应答`,
});

/** What an error object says: `{detail | message, code | error_code}`. */
interface Said {
  /** `426`, `MODEL_CONCURRENCY_LIMIT`; empty where there is none. */
  code: string;
  detail: string;
}

const nothingSaid: Said = { code: "", detail: "" };

/** What the site says no with in its own way, by the first rule that fits; null for what any server says. */
function refusal(said: Said, answer: RefusedAnswer): GatewayError | null {
  const rule = rules.find(({ fits }) => fits(said, answer));
  if (!rule) return null;
  const words = harmless(said.detail, answer.target);
  return bySentence(rule.kind, rule.sentence, answer.target, codeOf(said, answer), words, rule.retryAfterMs);
}

function codeOf({ code }: Said, { status }: RefusedAnswer): string {
  return code || `HTTP ${status}`;
}

interface Rule {
  fits(said: Said, answer: RefusedAnswer): boolean;
  kind: ErrorKind;
  /** @param tail the upstream's code and words, with what separates them from the sentence */
  sentence(who: string, tail: string): Text;
  retryAfterMs?: number;
}

const useOfficial =
  "use the official Z.ai API instead: set UPSTREAM_URL=https://api.z.ai/api/paas/v4 and ZAI_TOKEN to an API key";
const useOfficialZh =
  "请改用 Z.ai 官方 API：设置 UPSTREAM_URL=https://api.z.ai/api/paas/v4，并把 ZAI_TOKEN 设为 API Key";

/** How long the upstream's other requests are given to finish. It names no time itself. */
const busyMs = 15_000;

const rules: readonly Rule[] = [
  {
    fits: ({ code, detail }) => /captcha/i.test(code) || /captcha/i.test(detail),
    kind: "upstream_challenge",
    sentence: (who) => ({
      en: `${who} demands a captcha, which only a person in a browser can solve; ${useOfficial}`,
      zh: `${who} 要求验证码，只有浏览器前的人能完成；${useOfficialZh}`,
    }),
  },
  {
    fits: ({ code, detail }) => /signature/i.test(code) || /signature/i.test(detail),
    kind: "upstream_challenge",
    sentence: (who) => ({
      en: `${who} demands its own web page's signature, which zgate does not imitate; ${useOfficial}`,
      zh: `${who} 要求其网页的签名，zgate 不会仿造；${useOfficialZh}`,
    }),
  },
  {
    fits: ({ code }, { status }) => code === "426" || status === 426,
    kind: "upstream_client_outdated",
    sentence: (who, tail) => ({
      en: `${who} serves only newer builds of its own web page${tail}; ${useOfficial}`,
      zh: `${who} 只服务于其网页的更新版本${tail}；${useOfficialZh}`,
    }),
  },
  {
    fits: ({ code, detail }) => /^MODEL_NOT_/.test(code) || noSuchModel.test(detail),
    kind: "model_not_available",
    sentence: (who, tail) => ({
      en: `${who} does not serve this model to this account${tail}`,
      zh: `${who} 不向此账户提供该模型${tail}`,
    }),
  },
  {
    fits: ({ code }, { status }) => status === 429 || /CONCURRENCY|RATE_LIMIT|TOO_MANY/.test(code),
    kind: "upstream_rate_limited",
    sentence: (who, tail) => ({ en: `${who} is busy${tail}`, zh: `${who} 正忙${tail}` }),
    retryAfterMs: busyMs,
  },
  {
    fits: ({ detail }, { hasMedia, target }) => hasMedia && target.isGuest && mediaRefused.test(detail),
    kind: "multimodal_not_allowed",
    sentence: (who) => ({
      en: `${who} takes images, video, documents and audio only from an account: set ZAI_TOKEN`,
      zh: `${who} 只接受已登录账户的图像、视频、文档和音频：请设置 ZAI_TOKEN`,
    }),
  },
  {
    fits: ({ detail }, { hasMedia }) => hasMedia && mediaRefused.test(detail),
    kind: "upstream_error",
    sentence: (who, tail) => ({
      en: `${who} failed with the media of this request${tail}. Images under 500 KB, a JPEG rather than a PNG, have the best chances; try again`,
      zh: `${who} 处理此请求的媒体时出错${tail}。500 KB 以下的图像、JPEG 而非 PNG 最容易成功；请重试`,
    }),
  },
  {
    fits: (_, { status }) => status === 405,
    kind: "upstream_challenge",
    sentence: walled,
  },
];

const noSuchModel = /\bmodel\b.*\b(not (available|found|exist)|unavailable|does not exist)/i;

/** The site has no better words for media that it does not take from a guest. */
const mediaRefused = /something went wrong|try again later/i;

function walled(who: string): Text {
  return {
    en: `${who} turned the request away at its firewall; ${useOfficial}`,
    zh: `${who} 的防火墙拦截了请求；${useOfficialZh}`,
  };
}

/** The firewall's page, which no repeat gets past; any other page is a proxy's, and its status says enough. */
function isWall({ status, text }: RefusedAnswer): boolean {
  if (status === 403 || status === 405) return true;
  return status < 500 && /captcha|aliyun|acw_tc|\bwaf\b/i.test(text);
}

function bySentence(
  kind: ErrorKind,
  sentence: Rule["sentence"],
  { upstream }: Target,
  code: string | null,
  words: string | null = null,
  retryAfterMs?: number,
): GatewayError {
  const tail = `${code === null ? "" : ` (${code})`}${words === null ? "" : `: ${words}`}`;
  const { en } = sentence(`The upstream ${upstream}`, tail);
  const { zh } = sentence(`上游 ${upstream}`, tail);
  return new GatewayError(kind, en, { zh, upstreamCode: code ?? undefined, retryAfterMs });
}

/** The error of a whole answer, in any of the places where the site puts it. */
function errorIn(text: string): unknown {
  try {
    const body = JSON.parse(text);
    return body?.error || body?.data?.error || body?.data?.inner?.error || body?.data?.data?.error || body;
  } catch {
    return text;
  }
}

/** Codes come as numbers or words, details under three names. */
function readError(error: unknown): Said {
  if (typeof error === "string") return { code: "", detail: error };
  if (typeof error !== "object" || error === null) return nothingSaid;
  const { code, error_code, detail, message, content } = error as Record<string, unknown>;
  const given = [code, error_code].find((one) => typeof one === "number" || (typeof one === "string" && one !== ""));
  const said = [detail, message, content].find((one) => typeof one === "string" && one !== "");
  return { code: `${given ?? ""}`.slice(0, 60), detail: typeof said === "string" ? said : "" };
}

/** Upstream words that a stranger may read: one short line, no page, nothing that opens a door. */
function harmless(detail: string, { token }: Target): string | null {
  if (/<[a-z!/]/i.test(detail)) return null;
  const hidden = token ? detail.replaceAll(token, "***") : detail;
  const line = hidden
    .replace(/eyJ[\w-]+(\.[\w-]+)*/g, "***")
    .replace(/\s+/g, " ")
    .trim();
  if (line === "") return null;
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
