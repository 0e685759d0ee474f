import { Html } from "@elysiajs/html";
import type { CredentialView, UpstreamView } from "~/credentials/view.ts";
import type { ProbeReport } from "~/gateway/probe.ts";
import type { HealthView } from "~/gateway/upstream-commands.ts";
import { ChangeForm, Field, Fold, ForGood, Overlap, Problem } from "~/ui/form.tsx";
import { duration, percent, unknown } from "~/ui/numbers.ts";
import { numbers, Table } from "~/ui/table.tsx";
import { ago, Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import {
  type Account,
  AccountName,
  accountsOf,
  ModelState,
  OddKey,
  UpstreamButtons,
  upstreamPath,
} from "../panels/accounts.tsx";
import { ProbeReports } from "../panels/probe-reports.tsx";
import {
  CredentialFields,
  credentialTyped,
  rankingWords,
  Token,
  UpstreamFields,
  upstreamTyped,
} from "../panels/upstream-fields.tsx";
import { reasonWords } from "../reasons.ts";
import { type Typed, untouched } from "../typed.tsx";
import type { View } from "../view.ts";
import { about } from "./upstreams.tsx";

export interface UpstreamProps {
  view: View;
  of: UpstreamView;
  health: readonly HealthView[];
  /** What the last test found; null where none was asked for. */
  reports: readonly ProbeReport[] | null;
  /** Why an action was refused. */
  problem: string | null;
  /** What was typed into one of the forms and refused; null before anything was. */
  refused: Typed | null;
}

/** One upstream: how each model of each account does, its settings, its credentials, its end. */
export function Upstream(props: UpstreamProps) {
  const { view, of: upstream, health, reports, problem, refused } = props;
  const { say } = view;
  const path = upstreamPath(upstream);
  const accounts = accountsOf(upstream, health);
  const typedIn = (own: Typed) => (refused?.form === own.form ? refused : own);
  return (
    <Layout view={view} here="/dashboard/upstreams" title={upstream.name}>
      <p>
        <a class="quiet" href="/dashboard/upstreams">
          {say("‹ Upstreams", "‹ 上游")}
        </a>
      </p>
      <div class="head">
        <h1 safe>{upstream.name}</h1>
        {upstream.state === "disabled" ? <span class="badge">{say("switched off", "已停用")}</span> : null}
        <UpstreamButtons view={view} of={upstream} accounts={accounts} />
      </div>
      <p class="soft" hx-ignore>
        <code safe>{upstream.url}</code> · <span safe>{about(upstream, view)}</span>
      </p>
      <Problem text={problem} />
      {reports === null ? null : <ProbeReports view={view} of={reports} />}
      <Models view={view} accounts={accounts} />
      {upstream.built_in ? (
        <p class="soft">
          {say(
            "It is what UPSTREAM_URL, ZAI_TOKEN and UPSTREAM_IN_FLIGHT say: change them there and start again.",
            "它由 UPSTREAM_URL、ZAI_TOKEN 和 UPSTREAM_IN_FLIGHT 决定：请在那里修改并重新启动。",
          )}
        </p>
      ) : (
        <>
          {upstream.credentials.map((credential) => (
            <Credential view={view} of={credential} typed={typedIn(credentialTyped(credential))} />
          ))}
          <NewCredential view={view} path={path} typed={typedIn(untouched("add"))} isOpen={refused?.form === "add"} />
          <Fold title={say("Settings", "设置")} isOpen={refused?.form === "edit"}>
            <ChangeForm csrf={view.csrf} action={`${path}/edit`} class="stack">
              <UpstreamFields view={view} typed={typedIn(upstreamTyped(upstream))} />
              <button type="submit" class="main">
                {say("Save", "保存")}
              </button>
            </ChangeForm>
          </Fold>
          <section class="card">
            <h2>{say("Switch off or remove", "停用或移除")}</h2>
            <SwitchAndRemove view={view} path={path} isOff={upstream.state === "disabled"} />
          </section>
        </>
      )}
    </Layout>
  );
}

/** Every model that was asked of it: what is limited, rests and is measured. */
function Models({ view, accounts }: { view: View; accounts: readonly Account[] }) {
  const { say } = view;
  const asked = accounts.some(({ health }) => (health?.models.length ?? 0) > 0);
  if (!asked)
    return <p class="card soft">{say("It was asked for nothing since the start.", "自启动以来尚未被请求。")}</p>;
  return (
    <section class="card flush">
      <Table
        label={say("Models and credentials", "模型与凭据")}
        columns={[
          say("Model", "模型"),
          say("Credential", "凭据"),
          say("State", "状态"),
          numbers(say("In flight", "进行中")),
          numbers(say("Queue", "排队")),
          numbers(say("Tries, 10 min", "近 10 分钟尝试")),
          numbers(say("Errors", "错误率")),
          numbers(say("p95 to the head", "首部 p95")),
          say("Last success", "最近成功"),
          say("Last error", "最近错误"),
        ]}
      >
        {accounts.map((account) => (
          <ModelRows view={view} of={account} />
        ))}
      </Table>
    </section>
  );
}

function ModelRows({ view, of: { credential, health } }: { view: View; of: Account }) {
  const { say, language } = view;
  const when = (at: string | null) => (at === null ? unknown : ago(Date.parse(at), view.now, language));
  return (
    <>
      {(health?.models ?? []).map((model) => (
        <tr>
          <th scope="row" class="plain-name" safe>
            {model.model}
          </th>
          <td>
            <AccountName view={view} of={credential} />
          </td>
          <td>
            <ModelState view={view} of={model} accountRests={health?.rests ?? null} />
          </td>
          <td class="n" safe>
            {model.limit === null ? `${model.in_flight}` : `${model.in_flight} ${say("of", "/")} ${model.limit}`}
          </td>
          <td class="n">{model.queued}</td>
          <td class="n">{model.tries}</td>
          <td class="n" safe>
            {percent(model.error_rate)}
          </td>
          <td class="n" safe>
            {duration(model.p95_ms)}
          </td>
          <td class="when" safe>
            {when(model.last_success_at)}
          </td>
          <td class="reason" safe>
            {model.last_error === null
              ? unknown
              : `${reasonWords(model.last_error, language)} ${when(model.last_failure_at)}`}
          </td>
        </tr>
      ))}
    </>
  );
}

function Credential({ view, of: credential, typed }: { view: View; of: CredentialView; typed: Typed }) {
  const { say } = view;
  const path = `/dashboard/credentials/${credential.id}`;
  const isOff = credential.state === "disabled";
  return (
    <details class="card" id={`credential-${credential.id}`} open={typed.message !== null}>
      <summary>
        <h2>
          <AccountName view={view} of={credential} />
        </h2>{" "}
        {isOff ? <span class="badge">{say("switched off", "已停用")}</span> : null}
        {credential.retiring === null ? null : <span class="badge aborted">{say("rotating", "轮换中")}</span>}{" "}
        <span class="soft" safe>
          {rankingWords(credential, view)}
        </span>
      </summary>
      {credential.odd ? <OddKey view={view} /> : null}
      <ChangeForm csrf={view.csrf} action={`${path}/edit`} class="stack">
        <CredentialFields view={view} typed={typed} />
        <button type="submit">{say("Save", "保存")}</button>
      </ChangeForm>
      <Rotation view={view} of={credential} path={path} form={typed.form} />
      <SwitchAndRemove view={view} path={path} isOff={isOff} />
    </details>
  );
}

function Rotation({ view, of, path, form }: { view: View; of: CredentialView; path: string; form: string }) {
  const { say } = view;
  if (of.retiring !== null) {
    return (
      <div class="buttons">
        <p>
          {say("The old secret", "旧凭据")} <code safe>{of.retiring.hint}</code>{" "}
          {say("helps out where the new one is refused, until", "在新凭据被拒时顶替，直到")}{" "}
          <Time at={Date.parse(of.retiring.not_after)} now={view.now} reading={view} />.
        </p>
        <ChangeForm csrf={view.csrf} action={`${path}/end-overlap`}>
          <button type="submit">{say("Forget the old one", "立即弃用旧的")}</button>
        </ChangeForm>
        <ChangeForm csrf={view.csrf} action={`${path}/undo-rotation`}>
          <button type="submit">{say("Back to the old one", "恢复旧的")}</button>
        </ChangeForm>
      </div>
    );
  }
  return (
    <ChangeForm csrf={view.csrf} action={`${path}/rotate`} class="inline">
      <Field
        name="token"
        form={`${form}-rotate`}
        type="password"
        label={say("New token", "新 Token")}
        isRequired={true}
      />
      <Overlap
        say={say}
        label={say("The old one helps out for", "旧的继续顶替")}
        none={say("no time at all", "立即弃用")}
      />
      <button type="submit">{say("Rotate", "轮换")}</button>
    </ChangeForm>
  );
}

function NewCredential({ view, path, typed, isOpen }: { view: View; path: string; typed: Typed; isOpen: boolean }) {
  const { say } = view;
  return (
    <Fold title={say("New credential", "新增凭据")} isOpen={isOpen}>
      <ChangeForm csrf={view.csrf} action={`${path}/credentials`} class="stack">
        <CredentialFields view={view} typed={typed}>
          <Token view={view} typed={typed} isRequired={true} />
        </CredentialFields>
        <button type="submit" class="main">
          {say("Add", "添加")}
        </button>
      </ChangeForm>
    </Fold>
  );
}

function SwitchAndRemove({ view, path, isOff }: { view: View; path: string; isOff: boolean }) {
  const { say } = view;
  return (
    <div class="buttons">
      <ChangeForm csrf={view.csrf} action={`${path}/${isOff ? "enable" : "disable"}`}>
        <button type="submit">{isOff ? say("Switch on", "启用") : say("Switch off for now", "暂时停用")}</button>
      </ChangeForm>
      <ForGood csrf={view.csrf} action={`${path}/remove`} say={say}>
        {say("Remove", "移除")}
      </ForGood>
    </div>
  );
}
