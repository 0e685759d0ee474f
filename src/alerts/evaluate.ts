import type { AlertTraffic } from "~/analytics/alert-facts.ts";
import type { Text } from "~/config/text.ts";
import type { Rules } from "./rules.ts";

/** What alerts are about, beside the traffic. */
export interface AlertFacts extends AlertTraffic {
  upstreams: "ok" | "degraded" | "down";
  /** What keys have used up of their budgets, as a share of 1. */
  budgets: { key: string; budget: string; share: number }[];
  disk: { freeBytes: number; allBytes: number } | null;
  memoryBytes: number;
}

export interface Finding {
  /** The rule, and what it is about: the same for as long as it holds. */
  id: string;
  rule: keyof Rules;
  /** A key's name, an address, a budget; empty where it is about everything. */
  subject: string;
  value: number;
  limit: number;
  text: Text;
}

/** Which rules the facts break. */
export function evaluate(facts: AlertFacts, rules: Rules): Finding[] {
  const found: Finding[] = [];
  const window = rules.window_minutes;
  const say = (rule: keyof Rules, subject: string, value: number, limit: number, en: string, zh: string) =>
    found.push({ id: subject === "" ? rule : `${rule} ${subject}`, rule, subject, value, limit, text: { en, zh } });

  const { error_rate: mostErrors, p95_ms: mostMs, budget_share: mostBudget } = rules;
  if (mostErrors !== null && facts.errorRate !== null && facts.served >= rules.error_rate_at_least) {
    const rate = percent(facts.errorRate);
    if (facts.errorRate > mostErrors) {
      say(
        "error_rate",
        "",
        facts.errorRate,
        mostErrors,
        `${rate} of ${facts.served} requests failed in ${window} minutes`,
        `${window} 分钟内 ${facts.served} 个请求中有 ${rate} 失败`,
      );
    }
  }
  if (mostMs !== null && facts.p95Ms !== null && facts.p95Ms > mostMs) {
    const seconds = (facts.p95Ms / 1000).toFixed(1);
    say(
      "p95_ms",
      "",
      facts.p95Ms,
      mostMs,
      `95 % of requests take up to ${seconds} s`,
      `95% 的请求耗时达到 ${seconds} 秒`,
    );
  }
  for (const { key, budget, share } of facts.budgets) {
    if (mostBudget === null || share < mostBudget) continue;
    const used = percent(share);
    say(
      "budget_share",
      `${key}, ${budget}`,
      share,
      mostBudget,
      `The key ${key} has used ${used} of its ${budget}`,
      `密钥 ${key} 已用去 ${budget} 预算的 ${used}`,
    );
  }
  if (rules.upstream_down && facts.upstreams === "down") {
    say("upstream_down", "", 1, 0, "No upstream account can be asked at the moment", "目前没有可用的上游账号");
  }
  for (const { name, lastHour, usualHour } of facts.keys) {
    const { key_requests_per_hour: most, key_times_usual: times } = rules;
    if (most !== null && lastHour > most) {
      say(
        "key_requests_per_hour",
        name,
        lastHour,
        most,
        `The key ${name} sent ${lastHour} requests in an hour`,
        `密钥 ${name} 一小时内发出 ${lastHour} 个请求`,
      );
    }
    if (times !== null && usualHour > 0 && lastHour >= leastRequests && lastHour > times * usualHour) {
      const factor = Math.round(lastHour / usualHour);
      say(
        "key_times_usual",
        name,
        lastHour,
        times * usualHour,
        `The key ${name} sent ${lastHour} requests in an hour, ${factor} times its usual; it may have leaked`,
        `密钥 ${name} 一小时内发出 ${lastHour} 个请求，是平时的 ${factor} 倍，可能已泄露`,
      );
    }
  }
  for (const { address, requests } of facts.refusals) {
    const most = rules.refusals_per_address;
    if (most === null || requests <= most) continue;
    say(
      "refusals_per_address",
      address,
      requests,
      most,
      `${requests} requests from ${address} were refused in ${window} minutes`,
      `${window} 分钟内拒绝了来自 ${address} 的 ${requests} 个请求`,
    );
  }
  if (rules.disk_free_share !== null && facts.disk !== null && facts.disk.allBytes > 0) {
    const share = facts.disk.freeBytes / facts.disk.allBytes;
    if (share < rules.disk_free_share) {
      say(
        "disk_free_share",
        "",
        share,
        rules.disk_free_share,
        `Only ${percent(share)} of the disk is free`,
        `磁盘仅剩 ${percent(share)}`,
      );
    }
  }
  if (rules.memory_mb !== null && facts.memoryBytes > rules.memory_mb * 1024 ** 2) {
    const megabytes = Math.round(facts.memoryBytes / 1024 ** 2);
    say(
      "memory_mb",
      "",
      megabytes,
      rules.memory_mb,
      `zgate takes ${megabytes} MB of memory`,
      `zgate 占用 ${megabytes} MB 内存`,
    );
  }
  return found;
}

/** Below it, ten times a key's usual hour is no news. */
const leastRequests = 100;

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
