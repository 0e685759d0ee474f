import { type ErrorKind, GatewayError } from "~/errors.ts";
import { byStatus, errorWords, readErrorObject, withoutToken } from "../refusal.ts";
import type { RefusedAnswer } from "../upstream.ts";
import { type Meaning, meaningOf } from "./meanings.ts";

/**
 * Reads Z.ai's error codes: `{"error":{"code":"1113","message":"…"}}`, or the same bare.
 * https://docs.z.ai/api-reference/api-code
 */
export function failure(answer: RefusedAnswer): GatewayError {
  const error = readErrorObject(withoutToken(answer));
  const words = errorWords(error);
  const code = readCode(error, words);
  const meaning = meaningOf(code);
  if (!meaning) return byUnknownCode(answer, words, code, error?.type);

  const { kind, says } = meaning;
  const isWrongBase = answer.baseIsDefault && mayBeTheWrongBase(code);
  const [said, zhSaid] = words === null ? ["", ""] : [` (${code}: ${words})`, `（${code}：${words}）`];
  return new GatewayError(kind, `${says.en}${said}${isWrongBase ? wrongBaseHint : ""}`, {
    zh: `${says.zh}${zhSaid}${isWrongBase ? wrongBaseHintZh : ""}`,
    upstreamCode: code,
    retryAfterMs: retryAfterMs(kind, code, words, answer.at),
  });
}

// The Anthropic face puts the number into the message, `[1310][Weekly/Monthly Limit Exhausted …]`, or once into the type.
function readCode(error: Record<string, unknown> | null, words: string | null): string {
  const code = error?.code;
  if (typeof code === "string" || typeof code === "number") return String(code);
  if (typeof error?.type === "string" && /^\d{4}$/.test(error.type)) return error.type;
  return words?.match(/^\[(\d{4})\]/)?.[1] ?? "";
}

function byUnknownCode(answer: RefusedAnswer, words: string | null, code: string, type: unknown): GatewayError {
  if (words?.includes("404 NOT_FOUND")) {
    return new GatewayError("upstream_error", "Z.ai knows no such address: check the base in UPSTREAM_URL", {
      upstreamCode: "404 NOT_FOUND",
    });
  }
  const own = ownStatuses[answer.status];
  if (own) {
    const { kind, says } = own;
    return new GatewayError(kind, says.en, { zh: says.zh, upstreamCode: code || `HTTP ${answer.status}` });
  }
  // Inside a stream the status has been sent long ago; Anthropic's types say which it would have been.
  const status = answer.status === 200 ? (statuses[`${type}`] ?? 200) : answer.status;
  return byStatus({ ...answer, status }, words, code || `HTTP ${status}`);
}

/** Statuses that only Z.ai has. */
const ownStatuses: Record<number, Meaning> = {
  434: {
    kind: "model_not_available",
    says: { en: "This Z.ai account may not use this beta", zh: "此 Z.ai 账户无权使用该测试功能" },
  },
  435: { kind: "too_large", says: { en: "Z.ai takes files of at most 100 MB", zh: "Z.ai 只接受不超过 100 MB 的文件" } },
};

/** https://docs.anthropic.com/en/api/errors */
const statuses: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

const mayBeTheWrongBase = (code: string): boolean => code === "1113" || /^100[0-4]$/.test(code);

/** What to set when a key is refused at the base that zgate chose by itself. */
export const wrongBaseHint =
  ". The key may belong to another product: for open.bigmodel.cn set" +
  " UPSTREAM_URL=https://open.bigmodel.cn/api/paas/v4, for a GLM Coding Plan (whose terms allow supported tools and the" +
  " subscriber alone) UPSTREAM_URL=https://api.z.ai/api/coding/paas/v4";

const wrongBaseHintZh =
  "。该密钥可能属于其他产品：智谱开放平台请设置 UPSTREAM_URL=https://open.bigmodel.cn/api/paas/v4，" +
  "GLM 编程套餐（条款只允许订阅者本人在指定工具中使用）请设置 UPSTREAM_URL=https://api.z.ai/api/coding/paas/v4";

function retryAfterMs(kind: ErrorKind, code: string, words: string | null, at: number): number | undefined {
  if (kind === "upstream_rate_limited") return 5_000;
  if (kind === "upstream_overloaded") return 30_000;
  if (kind !== "insufficient_quota" || code === "1113" || code === "1309") return undefined;
  const reset = readResetTime(words);
  return reset === null ? undefined : Math.max(1_000, reset - at);
}

// Z.ai sends no Retry-After; the text names the time, and its clock is Beijing's (UTC+8).
function readResetTime(words: string | null): number | null {
  const stamp = words?.match(/(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/);
  if (!stamp) return null;
  const time = Date.parse(`${stamp[1]}T${stamp[2]}+08:00`);
  return Number.isNaN(time) ? null : time;
}
