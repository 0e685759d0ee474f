import type { AlertTraffic } from "~/analytics/alert-facts.ts";
import type { Filters } from "~/analytics/scope.ts";
import type { Text } from "~/config/text.ts";
import { duration } from "~/ui/numbers.ts";
import type { Rules } from "./rules.ts";

/** What alerts are about, beside the traffic. */
export interface AlertFacts extends AlertTraffic {
  upstreams: "ok" | "degraded" | "down";
  /** What keys have used up of their budgets, as a share of 1. */
  budgets: { key: { id: number; name: string }; budget: Text; share: number }[];
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
  /** The requests that show it. */
  filters: Filters;
}

/** Which rules the facts break. */
export function evaluate(facts: AlertFacts, rules: Rules): Finding[] {
  const found: Finding[] = [];
  const { window_minutes: window } = rules;
  const say = (rule: keyof Rules, value: number, limit: number, text: Text, about: About = {}) => {
    const { subject = "", filters = {} } = about;
    found.push({ id: subject === "" ? rule : `${rule} ${subject}`, rule, subject, value, limit, text, filters });
  };

  const { error_rate: mostErrors, p95_ms: mostMs, budget_share: mostBudget } = rules;
  const { errorRate, served, p95Ms } = facts;
  if (mostErrors !== null && errorRate !== null && served >= rules.error_rate_at_least && errorRate > mostErrors) {
    const rate = percent(errorRate);
    const text = {
      en: `${rate} of ${served} requests failed in ${window} minutes`,
      zh: `${window} 分钟内 ${served} 个请求中有 ${rate} 失败`,
    };
    say("error_rate", errorRate, mostErrors, text, { filters: { outcome: "failed" } });
  }
  if (mostMs !== null && p95Ms !== null && p95Ms > mostMs) {
    const time = duration(p95Ms);
    const text = { en: `95% of requests take up to ${time}`, zh: `95% 的请求耗时达到 ${time}` };
    say("p95_ms", p95Ms, mostMs, text);
  }
  for (const { key, budget, share } of facts.budgets) {
    if (mostBudget === null || share < mostBudget) continue;
    const used = percent(share);
    const text = {
      en: `The key ${key.name} has used ${used} of its ${budget.en}`,
      zh: `密钥 ${key.name} 已用去${budget.zh}预算的 ${used}`,
    };
    const about = { subject: `${key.name}, ${budget.en}`, filters: { key: String(key.id) } };
    say("budget_share", share, mostBudget, text, about);
  }
  if (rules.upstream_down && facts.upstreams === "down") {
    say("upstream_down", 1, 0, { en: "Every upstream account rests at the moment", zh: "目前所有上游账号都在休息" });
  }
  for (const { id, name, lastHour, usualHour } of facts.keys) {
    const { key_requests_per_hour: most, key_times_usual: times } = rules;
    const about = { subject: name, filters: { key: id } };
    if (most !== null && lastHour > most) {
      const text = {
        en: `The key ${name} sent ${lastHour} requests in an hour`,
        zh: `密钥 ${name} 一小时内发出 ${lastHour} 个请求`,
      };
      say("key_requests_per_hour", lastHour, most, text, about);
    }
    if (times !== null && usualHour !== null && lastHour >= leastRequests && lastHour > times * usualHour) {
      const factor = Math.round(lastHour / usualHour);
      const than = usualHour === 0 ? quiet : { en: `${factor} times its usual`, zh: `是平时的 ${factor} 倍` };
      const text = {
        en: `The key ${name} sent ${lastHour} requests in an hour, ${than.en}; it may have leaked`,
        zh: `密钥 ${name} 一小时内发出 ${lastHour} 个请求，${than.zh}，可能已泄露`,
      };
      say("key_times_usual", lastHour, times * usualHour, text, about);
    }
  }
  for (const { address, requests } of facts.refusals) {
    const most = rules.refusals_per_address;
    if (most === null || requests <= most) continue;
    const text = {
      en: `${requests} requests from ${address} were refused in ${window} minutes`,
      zh: `${window} 分钟内拒绝了来自 ${address} 的 ${requests} 个请求`,
    };
    say("refusals_per_address", requests, most, text, { subject: address, filters: { address, outcome: "rejected" } });
  }
  if (rules.disk_free_share !== null && facts.disk !== null && facts.disk.allBytes > 0) {
    const share = facts.disk.freeBytes / facts.disk.allBytes;
    const text = { en: `Only ${percent(share)} of the disk is free`, zh: `磁盘仅剩 ${percent(share)}` };
    if (share < rules.disk_free_share) say("disk_free_share", share, rules.disk_free_share, text);
  }
  if (rules.memory_mb !== null && facts.memoryBytes > rules.memory_mb * 1024 ** 2) {
    const megabytes = Math.round(facts.memoryBytes / 1024 ** 2);
    const text = { en: `zgate takes ${megabytes} MB of memory`, zh: `zgate 占用 ${megabytes} MB 内存` };
    say("memory_mb", megabytes, rules.memory_mb, text);
  }
  return found;
}

/** What a finding is about, where it is not about everything. */
interface About {
  subject?: string;
  filters?: Filters;
}

const quiet: Text = { en: "after a week of none", zh: "而此前一周没有请求" };

/** Below it, ten times a key's usual hour is no news. */
const leastRequests = 100;

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}
