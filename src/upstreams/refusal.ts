import { type ErrorKind, GatewayError } from "~/errors.ts";
import type { RefusedAnswer } from "./upstream.ts";

/** Error texts are shown to strangers and kept in rows: a line of them is enough. */
const maxWords = 300;

/** What an upstream said, without what was shown to it: some repeat a key that they refuse. */
export function withoutToken({ text, target: { token } }: Pick<RefusedAnswer, "text" | "target">): string {
  return token ? text.replaceAll(token, "***") : text;
}

/** The error object of an answer, wherever it stands: `{error:{…}}`, `{error:"…"}` or bare. Null where there is none. */
export function readErrorObject(text: string): Record<string, unknown> | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(answer)) return null;
  if (isObject(answer.error)) return answer.error;
  if (isObject(answer.response) && isObject(answer.response.error)) return answer.response.error;
  if (typeof answer.error === "string") return { message: answer.error };
  return "message" in answer || "msg" in answer || "code" in answer || "detail" in answer ? answer : null;
}

/** What an error object says, in one short line; null where it says nothing. */
export function errorWords(error: Record<string, unknown> | null): string | null {
  const said = [error?.message, error?.msg, error?.detail].find((words) => typeof words === "string" && words !== "");
  return typeof said === "string" ? said.replace(/\s+/g, " ").slice(0, maxWords) : null;
}

/** What an HTTP status means where the body does not say more. */
export function byStatus({ status, target }: RefusedAnswer, words: string | null, upstreamCode: string): GatewayError {
  const isInline = words !== null && status >= 200 && status < 300;
  const { kind, en, zh, retryAfterMs } = isInline ? inline : meaningOf(status);
  return new GatewayError(kind, `The upstream ${target.upstream} ${en}${words === null ? "" : `: ${words}`}`, {
    zh: `上游 ${target.upstream} ${zh}${words === null ? "" : `：${words}`}`,
    upstreamCode,
    retryAfterMs,
  });
}

/** What a status means, in words that follow the upstream's name. */
interface Meaning {
  kind: ErrorKind;
  en: string;
  zh: string;
  retryAfterMs?: number;
}

function meaningOf(status: number): Meaning {
  const known = byNumber[status];
  if (known) return known;
  if (status >= 300 && status < 400) {
    return {
      kind: "upstream_error",
      en: `answered with a redirect (${status}), which zgate does not follow: check its address`,
      zh: `返回了重定向（${status}），zgate 不会跟随：请检查其地址`,
    };
  }
  if (status >= 200 && status < 300) {
    return {
      kind: "upstream_error",
      en: "answered with something that is not a chat completion",
      zh: "返回的不是对话应答",
    };
  }
  return { kind: "upstream_error", en: `failed (${status})`, zh: `出错（${status}）` };
}

const inline: Meaning = { kind: "upstream_error", en: "sent an error in its answer", zh: "在应答中返回了错误" };
const refused: Meaning = {
  kind: "upstream_auth_failed",
  en: "refused zgate's own credential",
  zh: "拒绝了 zgate 出示的凭据",
};
const unfit: Meaning = { kind: "invalid_request", en: "refused the request", zh: "拒绝了该请求" };
const overloaded: Meaning = { kind: "upstream_overloaded", en: "is overloaded", zh: "过载", retryAfterMs: 30_000 };
const late = (status: number): Meaning => ({
  kind: "upstream_timeout",
  en: `timed out (${status})`,
  zh: `超时（${status}）`,
});

const byNumber: Readonly<Record<number, Meaning>> = {
  400: unfit,
  401: refused,
  403: refused,
  404: {
    kind: "upstream_error",
    en: "does not know this address or model (404)",
    zh: "没有这个地址或模型（404）",
  },
  408: late(408),
  413: unfit,
  422: unfit,
  429: { kind: "upstream_rate_limited", en: "is busy", zh: "正忙", retryAfterMs: 5_000 },
  503: overloaded,
  504: late(504),
  529: overloaded,
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
