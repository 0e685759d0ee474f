import { Html } from "@elysiajs/html";
import { allRights, type Right } from "~/keys/rights.ts";
import type { KeyView } from "~/keys/view.ts";
import { Field } from "~/ui/form.tsx";
import type { Text } from "~/ui/say.ts";
import type { View } from "../view.ts";

/** What somebody typed into the form of a key, and why it was refused. */
export interface Typed {
  fields: Record<string, string>;
  rights: readonly string[];
  message: string | null;
  /** The field at fault; null where it is none in particular. */
  param: string | null;
}

interface KeyFieldsProps {
  view: View;
  typed: Typed | null;
  isNew: boolean;
  /** Whether bodies may be kept, of any key. */
  mayCapture: boolean;
}

/** Everything that an owner decides about a key. */
export function KeyFields({ view, typed, isNew, mayCapture }: KeyFieldsProps) {
  const { say, language } = view;
  const value = (name: string) => typed?.fields[name] ?? "";
  const problem = (name: string) => (typed !== null && isAbout(typed, name) ? typed.message : null);
  const known = ["name", "note", "models", "networks", "expires_at", "rotate_after_days", "secret", ...limitNames];
  const isUnplaced =
    typed !== null && typed.message !== null && !known.some((name) => isAbout(typed, name)) ? typed.message : null;
  const rights = typed?.rights ?? ["inference"];
  const isOpen = typed !== null;
  return (
    <>
      {isUnplaced === null ? null : (
        <p class="problem" role="alert" safe>
          {isUnplaced}
        </p>
      )}
      <div class="fields">
        <Field
          name="name"
          label={say("Name", "名称")}
          value={value("name")}
          placeholder={say("who or what it is for", "给谁用、做什么用")}
          isRequired={true}
          problem={problem("name")}
        />
        <Field name="note" label={say("Note", "备注")} value={value("note")} problem={problem("note")} />
        <Field
          name="expires_at"
          label={say("Expires", "到期")}
          value={value("expires_at")}
          placeholder={say("never", "永不")}
          hint={say("90d, 12h or 2027-01-31", "如 90d、12h 或 2027-01-31")}
          problem={problem("expires_at")}
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
            <Field
              name={name}
              label={limitTitles[name][language]}
              value={value(name)}
              placeholder={say("no limit", "不限")}
              problem={problem(name)}
            />
          ))}
          <Field
            name="models"
            label={say("Models", "模型")}
            value={value("models")}
            placeholder={say("all", "全部")}
            hint={say("names with commas between; * stands for anything: glm-4.*", "用逗号分隔，* 表示任意：glm-4.*")}
            problem={problem("models")}
          />
          <Field
            name="networks"
            label={say("From these networks only", "仅限这些网络")}
            value={value("networks")}
            placeholder={say("from anywhere", "不限")}
            hint={say("203.0.113.0/24, 2001:db8::/32", "如 203.0.113.0/24, 2001:db8::/32")}
            problem={problem("networks")}
          />
          <Field
            name="rotate_after_days"
            label={say("Remind to rotate after days", "多少天后提醒轮换")}
            value={value("rotate_after_days")}
            placeholder={say("never", "从不")}
            problem={problem("rotate_after_days")}
          />
        </div>
      </details>
      {mayCapture ? <Capture view={view} isOn={value("capture") === "true"} /> : null}
      {isNew ? (
        <details open={isOpen && value("secret") !== ""}>
          <summary>{say("Import a string that clients already use", "导入客户端已在使用的字符串")}</summary>
          <Field
            name="secret"
            type="password"
            label={say("The string", "字符串")}
            hint={say("20 characters or more; empty makes a new one", "至少 20 个字符；留空则新建")}
            problem={problem("secret")}
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

export function typedIn(form: URLSearchParams, message: string, param: string | null): Typed {
  const { secret: _, ...fields } = Object.fromEntries(form);
  return { fields, rights: form.getAll("rights"), message, param };
}

/** A key's own values, as its form shows them. */
export function typedOf(key: KeyView): Typed {
  const text = (value: unknown) => (value === null || value === undefined ? "" : String(value));
  return {
    fields: {
      name: key.name,
      note: key.note,
      expires_at: text(key.expires_at),
      models: key.models?.join(", ") ?? "",
      networks: key.networks?.join(", ") ?? "",
      rotate_after_days: text(key.rotate_after_days),
      capture: text(key.capture),
      ...Object.fromEntries(Object.entries(key.limits).map(([name, limit]) => [name, text(limit)])),
    },
    rights: key.rights,
    message: null,
    param: null,
  };
}

/** The limits of a key in words. */
export function limitWords(key: KeyView, { language }: View): string[] {
  const limits = limitNames
    .filter((name) => (key.limits[name] ?? null) !== null)
    .map((name) => `${limitTitles[name][language]}: ${key.limits[name]}`);
  return [...limits, ...(key.models ?? []), ...(key.networks ?? [])];
}

function isAbout({ param }: Typed, name: string): boolean {
  return param !== null && (param === name || param.startsWith(`${name}[`));
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

const rightNames: Record<Right, Text> = {
  inference: { en: "inference: call models", zh: "inference：调用模型" },
  reports: { en: "reports: read statistics", zh: "reports：读取统计" },
  metrics: { en: "metrics: read /metrics", zh: "metrics：读取 /metrics" },
  admin: { en: "admin: manage this gateway", zh: "admin：管理网关" },
};
