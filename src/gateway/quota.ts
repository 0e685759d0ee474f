import type { Clock } from "~/clock.ts";
import { neverLeft } from "~/left.ts";
import type { Outgoing, Target } from "~/upstreams/upstream.ts";
import type { Account } from "./account.ts";

/** How much of a window of an account's quota is used up. */
export interface QuotaWindow {
  /** As the upstream calls it: `TOKENS_LIMIT`. */
  kind: string;
  /** 0 to 100. */
  used_percent: number;
  resets_at: string | null;
}

/** Asks an account's upstream what is left of its quota; null where it does not tell. Nothing depends on the answer. */
export type AskQuota = (account: Account) => Promise<QuotaWindow[] | null>;

/** Z.ai has a place for this that it does not document, and changes; asked at most every five minutes an account. */
export function createQuota(clock: Clock): AskQuota {
  const known = new Map<string, { until: number; windows: Promise<QuotaWindow[] | null> }>();
  return async (account) => {
    if (account.upstream.dialect.name !== "zai") return null;
    const kept = known.get(account.id);
    if (kept && clock.tick() < kept.until) return kept.windows;
    const windows = fetchQuota(account).catch(() => null);
    known.set(account.id, { until: clock.tick() + keptMs, windows });
    return windows;
  };
}

const keptMs = 300_000;
const briefly = { headersMs: 3_000, idleMs: 3_000, totalMs: 3_000 };
const longestAnswer = 256 * 1024;
async function fetchQuota({ pool, upstream }: Account): Promise<QuotaWindow[] | null> {
  const { target } = await pool.take(neverLeft);
  if (target.token === null) return null;
  const { status, body } = await upstream.call(question(target), target.upstream, briefly, neverLeft);
  let text = "";
  for await (const bytes of body) {
    text += Buffer.from(bytes).toString();
    if (text.length > longestAnswer) return null;
  }
  return status === 200 ? readQuota(text) : null;
}

function question({ url, token }: Target): Outgoing {
  const place = `${new URL(url).origin}/api/monitor/usage/quota/limit`;
  return { method: "GET", url: place, headers: { authorization: `Bearer ${token}` }, body: null };
}

/** `{"data":{"limits":[{"type","percentage","nextResetTime"}]}}`; null for anything else. */
export function readQuota(text: string): QuotaWindow[] | null {
  let answer: { data?: { limits?: unknown } } | null;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  const limits = answer?.data?.limits;
  if (!Array.isArray(limits)) return null;
  const windows = limits.flatMap((limit: unknown) => windowOf(limit) ?? []);
  return windows.length === 0 ? null : windows;
}

function windowOf(limit: unknown): QuotaWindow | null {
  if (typeof limit !== "object" || limit === null) return null;
  const { type, percentage, nextResetTime } = limit as Record<string, unknown>;
  const isStamp = typeof nextResetTime === "number" && Math.abs(nextResetTime) <= 8.64e15;
  if (typeof type !== "string" || typeof percentage !== "number" || !Number.isFinite(percentage)) return null;
  return {
    kind: type.slice(0, 60),
    used_percent: Math.min(100, Math.max(0, percentage)),
    resets_at: isStamp ? new Date(nextResetTime).toISOString() : null,
  };
}
