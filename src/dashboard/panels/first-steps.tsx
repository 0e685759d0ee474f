import { Html } from "@elysiajs/html";
import type { Asking } from "~/analytics/reader.ts";
import { Lines, Value } from "~/ui/copy.tsx";
import { ChangeForm, Field } from "~/ui/form.tsx";
import { idEpochMs } from "../../../drizzle/requests.ts";
import { firstTry } from "../pages/home.tsx";
import type { Panel } from "../panel.tsx";
import type { View } from "../view.ts";
import { ClientSettings } from "./client-settings.tsx";

/** What there is already of what a first answer needs. */
export interface Beginnings {
  /** The model that a request gets which names none. */
  model: string;
  /** The names of keys that a client can use. */
  keys: readonly string[];
  /** How many accounts at upstreams there are. */
  accounts: number;
}

/** Shown until an upstream has answered once. */
export function firstSteps(reader: Asking, beginnings: Beginnings, now: number): Panel<boolean> {
  return {
    async load() {
      const scope = { from: idEpochMs, to: now + 1, filters: { outcome: "completed" } };
      const { lines } = await reader.ask("requestList", { scope, search: "", from: null, limit: 1 });
      return lines.length === 0;
    },
    view: ({ view, data: isNew }) => (isNew ? <FirstSteps view={view} {...beginnings} /> : ""),
  };
}

/** Three steps from a new gateway to the first answer on record. */
function FirstSteps({ view, model, keys, accounts }: Beginnings & { view: View }) {
  const { say } = view;
  return (
    <section class="card steps" aria-labelledby="steps">
      <h2 id="steps">{say("Three steps to the first answer", "三步得到第一个回答")}</h2>
      <ol>
        <li>
          <h3>{say("Test what zgate talks to", "测试上游")}</h3>
          {accounts > 0 ? (
            <ChangeForm csrf={view.csrf} action="/dashboard/upstreams/test">
              <button type="submit" class="main">
                {say("Test it now", "立即测试")}
              </button>
            </ChangeForm>
          ) : null}
          <details open={accounts === 0}>
            <summary>{say("Paste a key of Z.ai's official API", "粘贴 Z.ai 官方 API 密钥")}</summary>
            <ChangeForm csrf={view.csrf} action="/dashboard/upstreams" class="inline">
              <input type="hidden" name="name" value="z.ai" />
              <input type="hidden" name="url" value="https://api.z.ai/api/paas/v4" />
              <Field name="token" type="password" label={say("API key", "API 密钥")} isRequired={true} />
              <button type="submit">{say("Try it and keep it", "测试并保存")}</button>
            </ChangeForm>
          </details>
        </li>
        <li>
          <h3>{say("Have a key for your clients", "准备客户端密钥")}</h3>
          <KeyStep view={view} keys={keys} />
        </li>
        <li>
          <h3>{say("Point a client here", "设置客户端")}</h3>
          <dl class="pairs">
            <dt>{say("Base URL", "API 地址")}</dt>
            <dd>
              <Value text={`${view.origin}/v1`} say={say} />
            </dd>
            <dt>{say("Model", "模型")}</dt>
            <dd>
              <Value text={model} say={say} />
            </dd>
          </dl>
          <ClientSettings view={view} model={model} />
          <p>
            {say(
              "Or send the first request from a terminal; it shows up here by itself:",
              "或在终端发出第一个请求，它会自动出现在这里：",
            )}
          </p>
          <Lines text={firstTry(view.origin, model, say("Hello", "你好"))} say={say} />
        </li>
      </ol>
    </section>
  );
}

function KeyStep({ view: { say }, keys }: { view: View; keys: readonly string[] }) {
  if (keys.length === 0) {
    return (
      <p>
        <a class="button main" href="/dashboard/keys?new=1#new">
          {say("Make a key", "新建密钥")}
        </a>
      </p>
    );
  }
  return (
    <p>
      {say("You have:", "已有：")} <strong safe>{keys.join(", ")}</strong>.{" "}
      <a href="/dashboard/keys">{say("Make one for each person and app", "为每个人和应用各建一个")}</a>
    </p>
  );
}
