import { Html } from "@elysiajs/html";
import type { CredentialView, UpstreamView } from "~/credentials/view.ts";
import type { ProbeReport } from "~/gateway/probe.ts";
import type { SlotReport } from "~/gateway/report.ts";
import type { HealthView } from "~/gateway/upstream-commands.ts";
import { ChangeForm, Field } from "~/ui/form.tsx";
import { duration, percent, unknown, whole } from "~/ui/numbers.ts";
import type { Text } from "~/ui/say.ts";
import { ago, Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import type { View } from "../view.ts";

export interface UpstreamsProps {
  view: View;
  state: "ok" | "degraded" | "down";
  queued: number;
  upstreams: readonly UpstreamView[];
  health: readonly HealthView[];
  /** What the last test found; null where none was asked for. */
  reports: readonly ProbeReport[] | null;
  problem: string | null;
  notice: string | null;
  /** What was typed into the form of a new upstream and refused. */
  typed: Record<string, string>;
}

/** What zgate talks to, how each account does, and a test that says in words what is wrong. */
export function Upstreams(props: UpstreamsProps) {
  const { view, state, queued, upstreams, health, reports, problem, notice } = props;
  const { say, language } = view;
  return (
    <Layout view={view} here="/dashboard/upstreams" title={say("Upstreams", "上游")}>
      <div class="head">
        <h1>{say("Upstreams", "上游")}</h1>
        <span class={`badge ${stateColours[state]}`} safe>
          {stateNames[state][language]}
        </span>
        {queued > 0 ? (
          <span class="soft" safe>{`${whole(queued)} ${say("waiting for a place", "个在排队")}`}</span>
        ) : null}
        <ChangeForm csrf={view.csrf} action="/dashboard/upstreams/test">
          <button type="submit">{say("Test all", "全部测试")}</button>
        </ChangeForm>
      </div>
      {problem === null ? null : (
        <p class="problem" role="alert" safe>
          {problem}
        </p>
      )}
      {notice === null ? null : (
        <p class="card" role="status" safe>
          {notice}
        </p>
      )}
      {reports === null ? null : <Reports view={view} reports={reports} />}
      {upstreams.map((upstream) => (
        <Upstream view={view} of={upstream} health={health.filter((one) => one.upstream === upstream.name)} />
      ))}
      <NewUpstream {...props} />
    </Layout>
  );
}

/** What a test found, from the outside in. */
function Reports({ view: { say }, reports }: { view: View; reports: readonly ProbeReport[] }) {
  return (
    <section class="card" id="reports">
      <h2>{say("What the test found", "测试结果")}</h2>
      {reports.map(({ upstream, credential, ok, steps }) => (
        <div>
          <h3>
            <span class={`badge ${ok ? "completed" : "failed"}`}>
              {ok ? say("works", "正常") : say("fails", "失败")}
            </span>{" "}
            <span safe>{`${upstream} · ${credential}`}</span>
          </h3>
          <ul class="plain-list probe">
            {steps.map((step) => (
              <li>
                <span class={step.ok === false ? "bad" : "soft"}>
                  {step.ok === true ? "✓" : step.ok === false ? "✗" : "?"} {step.step}
                </span>
                <span safe>{step.says}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function Upstream({ view, of: upstream, health }: { view: View; of: UpstreamView; health: readonly HealthView[] }) {
  const { say } = view;
  const path = `/dashboard/upstreams/${upstream.id ?? encodeURIComponent(upstream.name)}`;
  const isOff = upstream.state === "disabled";
  return (
    <section class="card flush">
      <header class="card-head">
        <div>
          <h2>
            <span safe>{upstream.name}</span>{" "}
            {isOff ? <span class="badge aborted">{say("switched off", "已停用")}</span> : null}
          </h2>
          <p class="soft">
            <code safe>{upstream.url}</code> · <span>{upstream.dialect}</span>
            {upstream.coding_plan ? <span> · {say("coding plan", "编程套餐")}</span> : null}
            {upstream.built_in ? <span> · {say("from the environment", "来自环境变量")}</span> : null}
          </p>
        </div>
        <div class="buttons">
          <ChangeForm csrf={view.csrf} action={`${path}/test`}>
            <button type="submit">{say("Test", "测试")}</button>
          </ChangeForm>
          {health.some(isResting) ? (
            <ChangeForm csrf={view.csrf} action={`${path}/wake`}>
              <button type="submit">{say("End its rest", "结束休息")}</button>
            </ChangeForm>
          ) : null}
          {upstream.built_in ? null : (
            <>
              <ChangeForm csrf={view.csrf} action={`${path}/${isOff ? "enable" : "disable"}`}>
                <button type="submit">{isOff ? say("Switch on", "启用") : say("Switch off", "停用")}</button>
              </ChangeForm>
              <ChangeForm csrf={view.csrf} action={`${path}/remove`} class="beside">
                <label class="check">
                  <input type="checkbox" name="sure" value="yes" required /> {say("for good", "确认")}
                </label>
                <button type="submit" class="danger">
                  {say("Remove", "移除")}
                </button>
              </ChangeForm>
            </>
          )}
        </div>
      </header>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{say("Credential", "凭据")}</th>
              <th scope="col">{say("State", "状态")}</th>
              <th scope="col" class="n">
                {say("In flight", "进行中")}
              </th>
              <th scope="col" class="n">
                {say("Queue", "排队")}
              </th>
              <th scope="col" class="n">
                {say("Errors", "错误率")}
              </th>
              <th scope="col" class="n">
                p95
              </th>
              <th scope="col">{say("Last success", "最近成功")}</th>
              <th scope="col">{say("Last error", "最近错误")}</th>
              <th scope="col">{say("Quota", "额度")}</th>
              <th scope="col">{say("Change", "操作")}</th>
            </tr>
          </thead>
          <tbody hx-ignore>
            {upstream.credentials.map((credential) => (
              <Credential
                view={view}
                of={credential}
                health={health.find((one) => one.credential === credential.name) ?? null}
              />
            ))}
          </tbody>
        </table>
      </div>
      {upstream.built_in ? null : (
        <details class="card-foot">
          <summary>{say("Add a credential", "添加凭据")}</summary>
          <ChangeForm csrf={view.csrf} action={`${path}/credentials`} class="inline">
            <Field name="name" label={say("Name", "名称")} isRequired={true} />
            <Field name="token" type="password" label={say("Token", "Token")} isRequired={true} />
            <button type="submit" class="main">
              {say("Add", "添加")}
            </button>
          </ChangeForm>
        </details>
      )}
    </section>
  );
}

function Credential({ view, of: credential, health }: { view: View; of: CredentialView; health: HealthView | null }) {
  const { say } = view;
  const models = health?.models ?? [];
  const lastSuccess = latest(models.map((model) => model.last_success_at));
  const failing = models.filter((model) => model.last_error !== null);
  return (
    <tr>
      <th scope="row" class="plain-name">
        <span safe>{credential.name}</span> <code safe>{credential.hint}</code>
        {credential.retiring === null ? null : (
          <p class="hint">
            {say("old one helps out until", "旧凭据可用至")}{" "}
            <Time at={Date.parse(credential.retiring.not_after)} now={view.now} reading={view} />
          </p>
        )}
      </th>
      <td>
        <CredentialState view={view} of={credential} health={health} />
      </td>
      <td class="n">{health?.in_flight ?? unknown}</td>
      <td class="n">{models.reduce((sum, model) => sum + model.queued, 0)}</td>
      <td class="n" safe>
        {percent(worst(models.map((model) => model.error_rate)))}
      </td>
      <td class="n" safe>
        {duration(worst(models.map((model) => model.p95_ms)))}
      </td>
      <td class="when" safe>
        {lastSuccess === null ? unknown : ago(lastSuccess, view.now, view.language)}
      </td>
      <td class="changes" safe>
        {failing.map((model) => `${model.model}: ${model.last_error}`).join("; ") || unknown}
      </td>
      <td safe>
        {health?.quota?.map((window) => `${window.kind} ${Math.round(window.used_percent)}%`).join(", ") || unknown}
      </td>
      <td>{credential.id === null ? unknown : <CredentialChanges view={view} of={credential} />}</td>
    </tr>
  );
}

function CredentialState({
  view,
  of: credential,
  health,
}: {
  view: View;
  of: CredentialView;
  health: HealthView | null;
}) {
  const { say } = view;
  if (credential.state === "disabled") return <span class="badge aborted">{say("switched off", "已停用")}</span>;
  const rest = health?.rests ?? health?.models.find((model) => model.rests !== null)?.rests ?? null;
  if (rest === null) return <span class="badge completed">{say("in use", "使用中")}</span>;
  return (
    <span>
      <span class="badge failed">{say("rests", "休息中")}</span>{" "}
      <span class="hint">
        {say("until", "至")} <Time at={Date.parse(rest.until)} now={view.now} reading={view} />{" "}
        <span safe>{rest.reason}</span>
      </span>
    </span>
  );
}

function CredentialChanges({ view, of: credential }: { view: View; of: CredentialView }) {
  const { say } = view;
  const path = `/dashboard/credentials/${credential.id}`;
  const isOff = credential.state === "disabled";
  return (
    <details>
      <summary class="soft">{say("Change", "操作")}</summary>
      <div class="stack narrow-form">
        <ChangeForm csrf={view.csrf} action={`${path}/rotate`} class="stack">
          <Field name="token" type="password" label={say("New token", "新 Token")} isRequired={true} />
          <button type="submit" class="main">
            {say("Rotate", "轮换")}
          </button>
        </ChangeForm>
        {credential.retiring === null ? null : (
          <>
            <ChangeForm csrf={view.csrf} action={`${path}/end-overlap`}>
              <button type="submit">{say("Forget the old one", "立即弃用旧的")}</button>
            </ChangeForm>
            <ChangeForm csrf={view.csrf} action={`${path}/undo-rotation`}>
              <button type="submit">{say("Back to the old one", "恢复旧的")}</button>
            </ChangeForm>
          </>
        )}
        <ChangeForm csrf={view.csrf} action={`${path}/${isOff ? "enable" : "disable"}`}>
          <button type="submit">{isOff ? say("Switch on", "启用") : say("Switch off", "停用")}</button>
        </ChangeForm>
        <ChangeForm csrf={view.csrf} action={`${path}/remove`} class="beside">
          <label class="check">
            <input type="checkbox" name="sure" value="yes" required /> {say("for good", "确认")}
          </label>
          <button type="submit" class="danger">
            {say("Remove", "移除")}
          </button>
        </ChangeForm>
      </div>
    </details>
  );
}

function NewUpstream({ view, typed, problem }: UpstreamsProps) {
  const { say } = view;
  return (
    <details id="new" class="card" open={problem !== null && Object.keys(typed).length > 0}>
      <summary>
        <h2>{say("New upstream", "新增上游")}</h2>
      </summary>
      <ChangeForm csrf={view.csrf} action="/dashboard/upstreams" class="stack">
        <div class="fields">
          <Field name="name" label={say("Name", "名称")} value={typed.name} isRequired={true} />
          <Field
            name="url"
            label={say("Address", "地址")}
            value={typed.url}
            placeholder="https://api.z.ai/api/paas/v4"
            isRequired={true}
          />
          <Field name="token" type="password" label={say("Token", "Token")} hint={say("kept encrypted", "加密保存")} />
          <Field
            name="in_flight"
            label={say("Requests in flight, each model", "每个模型的同时请求数")}
            value={typed.in_flight}
            placeholder={say("no limit", "不限")}
          />
          <Field
            name="priority"
            label={say("Priority", "优先级")}
            value={typed.priority}
            placeholder="10"
            hint={say("smaller ones are asked first", "数字小的优先")}
          />
          <Field name="models" label={say("Models", "模型")} value={typed.models} placeholder={say("all", "全部")} />
        </div>
        <label class="check">
          <input type="checkbox" name="accept_coding_plan_terms" value="true" />{" "}
          {say(
            "This is a GLM Coding Plan, and I keep to its terms: only the tools that it names may use it",
            "这是 GLM 编程套餐，我会遵守其条款：仅限其列出的工具使用",
          )}
        </label>
        <button type="submit" class="main">
          {say("Try it and add it", "测试并添加")}
        </button>
      </ChangeForm>
    </details>
  );
}

function isResting({ rests, models }: HealthView): boolean {
  return rests !== null || models.some((model: SlotReport) => model.rests !== null);
}

function worst(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function latest(moments: readonly (string | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null).map((moment) => Date.parse(moment));
  return known.length === 0 ? null : Math.max(...known);
}

const stateNames: Record<UpstreamsProps["state"], Text> = {
  ok: { en: "all well", zh: "全部正常" },
  degraded: { en: "some rest", zh: "部分休息" },
  down: { en: "nothing can be asked", zh: "全部不可用" },
};

const stateColours: Record<UpstreamsProps["state"], string> = { ok: "completed", degraded: "aborted", down: "failed" };
