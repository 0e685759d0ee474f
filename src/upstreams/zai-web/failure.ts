import { type ErrorKind, GatewayError } from "~/errors.ts";
import type { RefusedAnswer, Target } from "../upstream.ts";

/** A refusal of the web chat as an HTTP answer: a status, JSON, a firewall's page, a redirect. */
export function failure(answer: RefusedAnswer): GatewayError {
  const { status, target, hasMedia } = answer;
  const said = answer.text.trimStart();
  if (said.startsWith("<") || answer.contentType.includes("html")) return pageFailure(answer);
  if (status >= 300 && status < 400) {
    return refuse("upstream_error", `${target.upstream} answered with a redirect (HTTP ${status})`, `HTTP ${status}`);
  }
  return refusal({ ...sayingOf(errorObject(said)), status, target, hasMedia });
}

/** An error that stands inside an answer with HTTP 200. */
export function inlineFailure(error: unknown, target: Target, hasMedia: boolean): GatewayError {
  return refusal({ ...sayingOf(error), status: null, target, hasMedia });
}

/** The stream ended as if all were well, and there was nothing in it. */
export function emptyAnswer(target: Target): GatewayError {
  return refuse("upstream_incomplete", `${target.upstream} ended its answer without a word`, null);
}

interface Refusal {
  /** The upstream's own code: `426`, `MODEL_CONCURRENCY_LIMIT`. */
  code: string | null;
  detail: string;
  status: number | null;
  target: Target;
  hasMedia: boolean;
}

/** The one list of what the web chat says no with. The first rule that fits speaks. */
function refusal(refused: Refusal): GatewayError {
  const { status, target } = refused;
  const detail = harmless(refused.detail, target);
  const code = refused.code ?? (status === null ? null : `HTTP ${status}`);
  const rule = rules.find((rule) =>
    rule.fits({ ...refused, code: refused.code ?? (status === null ? "" : `${status}`) }),
  );
  const { kind, sentence, retryAfterMs } = rule ?? otherwise;
  const who = target.upstream;
  const tail = `${code ? ` (${code})` : ""}${detail ? `: ${detail}` : ""}`;
  return refuse(kind, sentence(who, tail), code, retryAfterMs);
}

interface Rule {
  fits(refused: Refusal & { code: string }): boolean;
  kind: ErrorKind;
  sentence(who: string, tail: string): string;
  retryAfterMs?: number;
}

const useOfficial =
  "use the official Z.ai API instead: set UPSTREAM_URL=https://api.z.ai/api/paas/v4 and ZAI_TOKEN to an API key";

/** How long the upstream's other requests are given to finish. It names no time itself. */
const busyMs = 15_000;

const rules: readonly Rule[] = [
  {
    fits: ({ code, detail }) => /captcha/i.test(code) || /captcha/i.test(detail),
    kind: "upstream_challenge",
    sentence: (who) => `${who} demands a captcha, which only a browser can solve; ${useOfficial}`,
  },
  {
    fits: ({ code, detail }) => /signature/i.test(code) || /signature/i.test(detail),
    kind: "upstream_challenge",
    sentence: (who) => `${who} demands the signature of its own web page, which zgate does not imitate; ${useOfficial}`,
  },
  {
    fits: ({ code }) => code === "426",
    kind: "upstream_client_outdated",
    sentence: (who, tail) => `${who} only serves newer builds of its own web page${tail}; ${useOfficial}`,
  },
  {
    fits: ({ detail, code }) =>
      /model\b.*\b(not (available|found|exist)|unavailable|does not exist)/i.test(detail) || /^MODEL_NOT_/.test(code),
    kind: "model_not_available",
    sentence: (who, tail) => `${who} does not serve this model to this account${tail}`,
  },
  {
    fits: ({ code }) => code === "429" || /CONCURRENCY|RATE_LIMIT|TOO_MANY/i.test(code),
    kind: "upstream_rate_limited",
    sentence: (who, tail) => `${who} is busy${tail}`,
    retryAfterMs: busyMs,
  },
  {
    fits: ({ detail, hasMedia, target }) =>
      hasMedia && target.isGuest && /something went wrong|try again later/i.test(detail),
    kind: "multimodal_not_allowed",
    sentence: (who) => `${who} takes images, video, documents and audio only from an account: set ZAI_TOKEN`,
  },
  {
    fits: ({ code }) => code === "401" || code === "403" || /^(UNAUTHORIZED|FORBIDDEN)$/i.test(code),
    kind: "upstream_auth_failed",
    sentence: (who, tail) => `${who} refused the gateway's own token${tail}`,
  },
  {
    fits: ({ code }) => code === "405",
    kind: "upstream_challenge",
    sentence: (who) => `${who} turned the request away at its firewall; ${useOfficial}`,
  },
  {
    fits: ({ code }) => code === "413",
    kind: "too_large",
    sentence: (who, tail) => `${who} takes no request of this size${tail}`,
  },
];

const otherwise: Omit<Rule, "fits"> = {
  kind: "upstream_error",
  sentence: (who, tail) => `${who} failed${tail}`,
};

/** A page where JSON belongs: the firewall's, which no repeat gets past, or a proxy's own error page. */
function pageFailure({ status, text, target }: RefusedAnswer): GatewayError {
  const who = target.upstream;
  const isWall =
    status === 405 || status === 403 || (status < 500 && /captcha|aliyun|acw_tc|\bwaf\b|challenge/i.test(text));
  if (isWall) {
    const message = `${who} turned the request away at its firewall (HTTP ${status}); ${useOfficial}`;
    return refuse("upstream_challenge", message, `HTTP ${status}`);
  }
  const known = rules.find((rule) => rule.fits({ code: `${status}`, detail: "", status, target, hasMedia: false }));
  const { kind, sentence, retryAfterMs } = known ?? otherwise;
  return refuse(
    kind,
    sentence(who, ` (HTTP ${status}): a web page instead of an answer`),
    `HTTP ${status}`,
    retryAfterMs,
  );
}

function refuse(kind: ErrorKind, message: string, code: string | null, retryAfterMs?: number): GatewayError {
  return new GatewayError(kind, message, { upstreamCode: code ?? undefined, retryAfterMs });
}

/** `{"error":{…}}`, `{"detail":…}`, the inline form, or the text itself. */
function errorObject(text: string): unknown {
  try {
    const body = JSON.parse(text);
    return body?.error || body?.data?.error || body?.data?.inner?.error || body?.data?.data?.error || body;
  } catch {
    return text;
  }
}

/** Codes come as numbers or words, details under three names. */
function sayingOf(error: unknown): { code: string | null; detail: string } {
  if (typeof error !== "object" || error === null)
    return { code: null, detail: typeof error === "string" ? error : "" };
  const { code, error_code, detail, message, content } = error as Record<string, unknown>;
  const given = [code, error_code].find((one) => (typeof one === "string" && one !== "") || typeof one === "number");
  const said = [detail, message, content].find((one) => typeof one === "string" && one !== "");
  return {
    code: given === undefined ? null : String(given).slice(0, 60),
    detail: typeof said === "string" ? said : "",
  };
}

/** Upstream words that a stranger may read: one short line, no page, nothing that opens a door. */
function harmless(detail: string, { token }: Target): string {
  if (/<[a-z!/]/i.test(detail)) return "";
  const hidden = token ? detail.replaceAll(token, "***") : detail;
  const line = hidden
    .replace(/eyJ[\w-]+(\.[\w-]+)*/g, "***")
    .replace(/\s+/g, " ")
    .trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
