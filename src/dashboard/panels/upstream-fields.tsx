import { Html, type PropsWithChildren } from "@elysiajs/html";
import { codingPlanTerms } from "~/credentials/address.ts";
import type { CredentialView, UpstreamView } from "~/credentials/view.ts";
import { Field } from "~/ui/form.tsx";
import { inLanguage } from "~/ui/say.ts";
import { dialects } from "~/upstreams/upstream.ts";
import { fieldOf, type Typed, Unplaced, untouched } from "../typed.tsx";
import type { View } from "../view.ts";

interface Props {
  view: View;
  typed: Typed;
}

/** Everything that an owner decides about an upstream, and what else belongs to its form. */
export function UpstreamFields({ view, typed, children }: PropsWithChildren<Props>) {
  const { say, language } = view;
  return (
    <>
      <Unplaced typed={typed} known={["name", "url", "token", "in_flight", ...rankingNames]} />
      <div class="fields">
        <Field {...fieldOf(typed, "name")} label={say("Name", "名称")} isRequired={true} />
        <Field
          {...fieldOf(typed, "url")}
          label={say("Address", "地址")}
          placeholder="https://api.z.ai/api/paas/v4"
          isRequired={true}
        />
        {children}
        <div class="field">
          <label for={`${typed.form}-dialect`}>{say("It speaks", "协议")}</label>
          <select id={`${typed.form}-dialect`} name="dialect">
            <option value="auto" selected={typed.fields.dialect === undefined}>
              {say("what its address tells", "由地址判断")}
            </option>
            {dialects.map((dialect) => (
              <option value={dialect} selected={typed.fields.dialect === dialect}>
                {dialect}
              </option>
            ))}
          </select>
        </div>
        <Ranking view={view} typed={typed} />
      </div>
      <label class="check">
        <input type="checkbox" name="accept_coding_plan_terms" value="true" />{" "}
        {say("It is a GLM Coding Plan, and I keep to its terms", "这是 GLM 编程套餐，我会遵守其条款")}
        <span class="hint" safe>
          {` ${inLanguage(codingPlanTerms, language)}`}
        </span>
      </label>
    </>
  );
}

/** Everything that an owner decides about a credential but its secret, which belongs to the form of a new one. */
export function CredentialFields({ view, typed, children }: PropsWithChildren<Props>) {
  const { say } = view;
  return (
    <>
      <Unplaced typed={typed} known={["name", "in_flight", "token", ...rankingNames]} />
      <div class="fields">
        <Field {...fieldOf(typed, "name")} label={say("Name", "名称")} isRequired={true} />
        {children}
        <InFlight view={view} typed={typed} />
        <Ranking view={view} typed={typed} />
      </div>
    </>
  );
}

/** How many requests of a model the account may have in flight. */
export function InFlight({ view: { say }, typed }: Props) {
  return (
    <Field
      {...fieldOf(typed, "in_flight")}
      label={say("Requests in flight, each model", "每个模型的同时请求数")}
      placeholder={say("no limit", "不限")}
      hint={say("2, or glm-4.7=1, *=3", "如 2，或 glm-4.7=1, *=3")}
    />
  );
}

export function Token({ view: { say }, typed, isRequired = false }: Props & { isRequired?: boolean }) {
  return (
    <Field
      {...fieldOf(typed, "token")}
      type="password"
      label={say("Token", "Token")}
      hint={say("kept encrypted, shown as a hint", "加密保存，只显示提示")}
      isRequired={isRequired}
    />
  );
}

function Ranking({ view: { say }, typed }: Props) {
  return (
    <>
      <Field
        {...fieldOf(typed, "priority")}
        label={say("Priority", "优先级")}
        placeholder="10"
        hint={say("smaller ones are asked first", "数字小的优先")}
      />
      <Field
        {...fieldOf(typed, "weight")}
        label={say("Weight", "权重")}
        placeholder="1"
        hint={say("among equals: twice the weight, twice the load", "同优先级时，权重加倍则负载加倍")}
      />
      <Field
        {...fieldOf(typed, "models")}
        label={say("Models", "模型")}
        placeholder={say("all", "全部")}
        hint={say("names with commas between; * stands for anything", "用逗号分隔，* 表示任意")}
      />
    </>
  );
}

/** How something is asked in comparison with others, in a line. */
export function rankingWords(one: UpstreamView | CredentialView, { say }: Pick<View, "say">): string {
  const limits = "in_flight" in one ? limitWords(one) : "";
  return [
    `${say("priority", "优先级")} ${one.priority}`,
    ...(one.weight === 1 ? [] : [`${say("weight", "权重")} ${one.weight}`]),
    ...(limits === "" ? [] : [`${say("in flight", "同时请求")} ${limits}`]),
    ...(one.models === null ? [] : [one.models.join(", ")]),
  ].join(" · ");
}

/** `glm-4.7=1, *=3`; `3` where it is the same for all. */
function limitWords({ in_flight }: CredentialView): string {
  const limits = Object.entries(in_flight ?? {});
  const isSame = limits.length === 1 && limits[0]![0] === "*";
  return isSame ? `${limits[0]![1]}` : limits.map(([model, limit]) => `${model}=${limit}`).join(", ");
}

const rankingNames = ["priority", "weight", "models"];

export function upstreamTyped(upstream: UpstreamView): Typed {
  const { name, url, dialect } = upstream;
  return untouched("edit", { name, url, dialect, ...rankingOf(upstream) });
}

export function credentialTyped(credential: CredentialView): Typed {
  const fields = { name: credential.name, in_flight: limitWords(credential), ...rankingOf(credential) };
  return untouched(`credential-${credential.id}`, fields);
}

function rankingOf({ priority, weight, models }: { priority: number; weight: number; models: string[] | null }) {
  return { priority: `${priority}`, weight: `${weight}`, models: models?.join(", ") ?? "" };
}
