import { Html } from "@elysiajs/html";
import type { GatewayError } from "~/errors.ts";
import { allRights, type Right } from "~/keys/rights.ts";
import type { KeyView } from "~/keys/view.ts";
import { Field } from "~/ui/form.tsx";
import type { Text } from "~/ui/say.ts";
import { fieldOf, refusedIn, type Typed, Unplaced, untouched } from "../typed.tsx";
import type { View } from "../view.ts";

interface KeyFieldsProps {
  view: View;
  typed: Typed;
  isNew: boolean;
  /** Whether bodies may be kept, of any key. */
  mayCapture: boolean;
}

/** Everything that an owner decides about a key. */
export function KeyFields({ view, typed, isNew, mayCapture }: KeyFieldsProps) {
  const { say, language } = view;
  const of = (name: string) => fieldOf(typed, name);
  const rights = (typed.fields.rights ?? "inference").split(",");
  // What was given or refused is to be seen.
  const isOpen = Object.keys(typed.fields).length > 0;
  return (
    <>
      <Unplaced typed={typed} known={known} />
      <div class="fields">
        <Field
          {...of("name")}
          label={say("Name", "名称")}
          placeholder={say("who or what it is for", "给谁用、做什么用")}
          isRequired={true}
        />
        <Field {...of("note")} label={say("Note", "备注")} />
        <Field
          {...of("expires_at")}
          label={say("Expires", "到期")}
          placeholder={say("never", "永不")}
          hint={say("90d, 12h or 2027-01-31", "如 90d、12h 或 2027-01-31")}
        />
      </div>
      <fieldset class="rights">
        <legend>{say("Rights", "权限")}</legend>
        {allRights.map((right) => (
          <label>
            <input type="checkbox" name="rights" value={right} checked={rights.includes(right)} />{" "}
            <span safe>{rightNames[right][language]}</span>
          </label>
        ))}
      </fieldset>
      <details open={isOpen}>
        <summary>{say("Limits and sources", "限制与来源")}</summary>
        <div class="fields">
          {limitNames.map((name) => (
            <Field {...of(name)} label={limitTitles[name][language]} placeholder={say("no limit", "不限")} />
          ))}
          <Field
            {...of("models")}
            label={say("Models", "模型")}
            placeholder={say("all", "全部")}
            hint={say("names with commas between; * stands for anything: glm-4.*", "用逗号分隔，* 表示任意：glm-4.*")}
          />
          <Field
            {...of("networks")}
            label={say("From these networks only", "仅限这些网络")}
            placeholder={say("from anywhere", "不限")}
            hint={say("203.0.113.0/24, 2001:db8::/32", "如 203.0.113.0/24, 2001:db8::/32")}
          />
          <Field
            {...of("rotate_after_days")}
            label={say("Remind to rotate after days", "多少天后提醒轮换")}
            placeholder={say("never", "从不")}
          />
        </div>
      </details>
      {mayCapture ? <Capture view={view} isOn={typed.fields.capture === "true"} /> : null}
      {isNew ? (
        <details open={typed.param === "secret"}>
          <summary>{say("Import a string that clients already use", "导入客户端已在使用的字符串")}</summary>
          <Field
            {...of("secret")}
            type="password"
            label={say("The string", "字符串")}
            hint={say("20 characters or more; empty makes a new one", "至少 20 个字符；留空则新建")}
          />
        </details>
      ) : null}
    </>
  );
}

function Capture({ view: { say }, isOn }: { view: View; isOn: boolean }) {
  return (
    <div class="field">
      {/* A box that is not ticked sends nothing: this says no. */}
      <input type="hidden" name="capture" value="false" />
      <label class="check">
        <input type="checkbox" name="capture" value="true" checked={isOn} />{" "}
        {say("Keep what is said: the bodies of its requests and answers", "保存对话内容：请求体与应答体")}
      </label>
      <p class="hint">
        {say(
          "For a few days, without secrets, for administrators alone. Tell whoever holds the key; GET /v1/key tells him as well.",
          "仅保存数天，去除敏感信息，只有管理员可见。请告知密钥持有者；他也能从 GET /v1/key 得知。",
        )}
      </p>
    </div>
  );
}

/** What a form of a key sent, as the keys room reads it. */
export function keyBody(form: URLSearchParams): Record<string, unknown> {
  const body: Record<string, unknown> = Object.fromEntries(form);
  delete body.idempotency_key;
  body.rights = form.getAll("rights");
  if (form.has("secret") && form.get("secret") === "") delete body.secret;
  return body;
}

export function keyRefused(sent: URLSearchParams, error: GatewayError, why: string): Typed {
  const typed = refusedIn("", sent, error, why);
  return { ...typed, fields: { ...typed.fields, rights: sent.getAll("rights").join() } };
}

/** A key's own values, as its form shows them. */
export function keyTyped(key: KeyView): Typed {
  const text = (value: unknown) => (value === null || value === undefined ? "" : String(value));
  const limits = Object.entries(key.limits).map(([name, limit]) => [name, text(limit)]);
  return untouched("", {
    name: key.name,
    note: key.note,
    expires_at: text(key.expires_at),
    models: key.models?.join(", ") ?? "",
    networks: key.networks?.join(", ") ?? "",
    rotate_after_days: text(key.rotate_after_days),
    capture: text(key.capture),
    rights: key.rights.join(),
    ...Object.fromEntries(limits),
  });
}

/** The limits of a key in words. */
export function limitWords(key: KeyView, { language }: View): string[] {
  const limits = limitNames
    .filter((name) => (key.limits[name] ?? null) !== null)
    .map((name) => `${limitTitles[name][language]}: ${key.limits[name]}`);
  return [...limits, ...(key.models ?? []), ...(key.networks ?? [])];
}

const limitTitles = {
  requests_per_minute: { en: "Requests a minute", zh: "每分钟请求数" },
  tokens_per_minute: { en: "Tokens a minute", zh: "每分钟 token" },
  in_flight: { en: "Requests in flight", zh: "同时进行数" },
  tokens_per_day: { en: "Tokens a day", zh: "每日 token" },
  tokens_per_week: { en: "Tokens a week", zh: "每周 token" },
  tokens_per_month: { en: "Tokens a month", zh: "每月 token" },
  usd_per_day: { en: "US$ a day", zh: "每日美元" },
  usd_per_week: { en: "US$ a week", zh: "每周美元" },
  usd_per_month: { en: "US$ a month", zh: "每月美元" },
} as const satisfies Record<string, Text>;
const limitNames = Object.keys(limitTitles) as (keyof typeof limitTitles)[];

const known = ["name", "note", "models", "networks", "expires_at", "rotate_after_days", "secret", ...limitNames];

const rightNames: Record<Right, Text> = {
  inference: { en: "inference: call models", zh: "inference：调用模型" },
  reports: { en: "reports: read statistics", zh: "reports：读取统计" },
  metrics: { en: "metrics: read /metrics", zh: "metrics：读取 /metrics" },
  admin: { en: "admin: manage this gateway", zh: "admin：管理网关" },
};
