import { Html } from "@elysiajs/html";
import type { Rules } from "~/alerts/rules.ts";
import type { GatewayError } from "~/errors.ts";
import { Field } from "~/ui/form.tsx";
import type { Text } from "~/ui/say.ts";
import { fieldOf, refusedIn, type Typed, Unplaced, untouched } from "../typed.tsx";
import type { View } from "../view.ts";

/** When an alert begins. An empty field: never. */
export function RuleFields({ view, typed }: { view: View; typed: Typed }) {
  const { say, language } = view;
  return (
    <>
      <Unplaced typed={typed} known={names} />
      <div class="fields">
        {names.map((name) => (
          <Field
            {...fieldOf(typed, name)}
            label={titles[name].title[language]}
            hint={titles[name].hint[language]}
            placeholder={say("never", "从不")}
          />
        ))}
      </div>
      <label class="check">
        <input type="checkbox" name="upstream_down" value="true" checked={typed.fields.upstream_down === "true"} />{" "}
        {say("When every upstream account rests", "所有上游账号都在休息时")}
      </label>
    </>
  );
}

export function rulesTyped(rules: Rules): Typed {
  const fields = Object.entries(rules).map(([name, value]) => [name, shown(name, value)]);
  return untouched("", Object.fromEntries(fields));
}

/** What the form sent, as the rules are read: shares are typed in percent. */
export function rulesBody(form: URLSearchParams): Record<string, unknown> {
  const body: Record<string, unknown> = { upstream_down: form.get("upstream_down") === "true" };
  for (const name of names) {
    const text = form.get(name)?.trim() ?? "";
    const number = Number(text.replace(/\s*%$/, ""));
    body[name] = shares.includes(name) && text !== "" && !Number.isNaN(number) ? number / 100 : text;
  }
  return body;
}

/** The same form once more, with what is wrong: a share is one in percent here, and of 1 in the API. */
export function rulesRefused(sent: URLSearchParams, error: GatewayError, why: string, { say }: View): Typed {
  const typed = refusedIn("", sent, error, why);
  if (!shares.includes(error.param ?? "")) return typed;
  return { ...typed, message: say("It must be a number from 0 to 100.", "必须是 0 到 100 之间的数字。") };
}

function shown(name: string, value: number | boolean | null): string {
  if (value === null) return "";
  return shares.includes(name) && typeof value === "number" ? String(Math.round(value * 1e6) / 1e4) : String(value);
}

const titles = {
  window_minutes: {
    title: { en: "Window, minutes", zh: "统计窗口（分钟）" },
    hint: { en: "how far back the rules look", zh: "规则回看的时长" },
  },
  error_rate: {
    title: { en: "Error rate above, %", zh: "错误率高于（%）" },
    hint: { en: "of what was served in the window", zh: "统计窗口内" },
  },
  error_rate_at_least: {
    title: { en: "… of at least so many requests", zh: "…且请求数不少于" },
    hint: { en: "below it, no rate is judged", zh: "少于此数不判断错误率" },
  },
  p95_ms: {
    title: { en: "p95 of duration above, ms", zh: "耗时 p95 高于（毫秒）" },
    hint: { en: "of the window", zh: "统计窗口内" },
  },
  budget_share: {
    title: { en: "A key's budget used, %", zh: "密钥预算已用（%）" },
    hint: { en: "of any of its budgets", zh: "任一预算" },
  },
  key_requests_per_hour: {
    title: { en: "A key's requests an hour above", zh: "密钥每小时请求数高于" },
    hint: { en: "any key", zh: "任一密钥" },
  },
  key_times_usual: {
    title: { en: "A key's requests, times its usual hour", zh: "密钥请求数为平时的倍数" },
    hint: {
      en: "the sign of a leaked key: against its mean hour of a week, from 100 requests on",
      zh: "密钥泄露的迹象：与一周的平均小时相比，100 个请求起",
    },
  },
  refusals_per_address: {
    title: { en: "Refusals of one address above", zh: "单个地址被拒绝次数高于" },
    hint: { en: "in the window", zh: "统计窗口内" },
  },
  disk_free_share: {
    title: { en: "Free disk below, %", zh: "磁盘可用低于（%）" },
    hint: { en: "where the data folder is", zh: "数据文件夹所在磁盘" },
  },
  memory_mb: {
    title: { en: "Memory above, MB", zh: "内存高于（MB）" },
    hint: { en: "of this process", zh: "本进程" },
  },
} as const satisfies Record<Exclude<keyof Rules, "upstream_down">, { title: Text; hint: Text }>;
const names = Object.keys(titles) as (keyof typeof titles)[];
const shares: readonly string[] = ["error_rate", "budget_share", "disk_free_share"];
