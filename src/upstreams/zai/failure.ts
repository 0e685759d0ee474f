import { type ErrorKind, GatewayError } from "~/errors.ts";
import { byStatus, errorWords, readErrorObject, withoutToken } from "../refusal.ts";
import type { RefusedAnswer } from "../upstream.ts";

/**
 * Reads Z.ai's error codes: `{"error":{"code":"1113","message":"…"}}`, or the same bare.
 * https://docs.z.ai/api-reference/api-code
 */
export function failure(answer: RefusedAnswer): GatewayError {
  const error = readErrorObject(withoutToken(answer));
  const words = errorWords(error);
  const code = readCode(error, words);
  const meaning = meanings[code];
  if (!meaning) return byUnknownCode(answer, words, code, error?.type);

  const [kind, sentence] = meaning;
  const said = words === null ? "" : ` (${code}: ${words})`;
  const hint = answer.baseIsDefault && mayBeTheWrongBase(code) ? wrongBaseHint : "";
  return new GatewayError(kind, `${sentence}${said}${hint}`, {
    upstreamCode: code,
    retryAfterMs: retryAfterMs(kind, code, words, answer.at),
  });
}

type Meaning = [ErrorKind, sentence: string];

const auth: Meaning = ["upstream_auth_failed", "Z.ai refused the key that zgate shows it"];
const account: Meaning = ["upstream_account", "Z.ai does not serve this account"];
const parameter: Meaning = ["invalid_request", "Z.ai refused a parameter"];
const busy: Meaning = ["upstream_rate_limited", "Z.ai is busy with this account's other requests"];
const usedUp: Meaning = ["insufficient_quota", "The quota of this Z.ai account is used up"];
const broken: Meaning = ["upstream_error", "Z.ai failed"];

const meanings: Record<string, Meaning> = {
  "1000": auth,
  "1001": auth,
  "1002": auth,
  "1003": auth,
  "1004": auth,
  "1005": auth,
  "1110": account,
  "1111": account,
  "1112": account,
  "1113": ["insufficient_quota", "The Z.ai account has no balance or resource package for this address"],
  "1120": account,
  "1121": account,
  "1200": broken,
  "1210": parameter,
  "1211": ["model_not_found", "Z.ai does not know this model"],
  "1212": ["invalid_request", "Z.ai's model does not support this call"],
  "1213": parameter,
  "1214": parameter,
  "1215": parameter,
  "1220": ["model_not_available", "This Z.ai account may not use this API"],
  "1221": ["model_not_available", "Z.ai has taken this API offline"],
  "1222": ["model_not_available", "Z.ai has no such API"],
  "1230": broken,
  "1231": ["upstream_error", "Z.ai has seen this request id before"],
  "1234": ["upstream_error", "Z.ai had a network error"],
  "1261": ["context_length_exceeded", "The prompt is longer than the model takes"],
  "1300": ["content_filter", "Z.ai's policy refused the content"],
  "1301": ["content_filter", "Z.ai's policy refused the content"],
  "1302": busy,
  "1303": busy,
  "1304": ["insufficient_quota", "Z.ai's daily limit for this API is used up"],
  "1305": ["upstream_overloaded", "Z.ai is overloaded"],
  "1308": usedUp,
  "1309": ["insufficient_quota", "The Z.ai plan has expired"],
  "1310": usedUp,
  "1311": ["model_not_available", "The Z.ai plan does not include this model"],
  "1313": ["insufficient_quota", "Z.ai restricts this account under its fair-use policy"],
  "1314": ["model_not_available", "The Z.ai enterprise package has expired"],
  "1315": ["model_not_available", "This Z.ai key needs an enterprise scenario"],
  "1316": usedUp,
  "1317": usedUp,
  "1318": usedUp,
  "1319": usedUp,
  "1320": usedUp,
  "1321": usedUp,
};

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
  if (own) return new GatewayError(own[0], own[1], { upstreamCode: code || `HTTP ${answer.status}` });
  // Inside a stream the status has been sent long ago; Anthropic's types say which it would have been.
  const status = answer.status === 200 ? (statuses[`${type}`] ?? 200) : answer.status;
  return byStatus({ ...answer, status }, words, code || `HTTP ${status}`);
}

/** Statuses that only Z.ai has. */
const ownStatuses: Record<number, Meaning> = {
  434: ["model_not_available", "This Z.ai account may not use this beta"],
  435: ["too_large", "Z.ai takes files of at most 100 MB"],
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
