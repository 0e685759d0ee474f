import { Html } from "@elysiajs/html";
import type { UpstreamView } from "~/credentials/view.ts";
import type { ProbeReport } from "~/gateway/probe.ts";
import type { HealthView } from "~/gateway/upstream-commands.ts";
import { ChangeForm, Fold, Problem } from "~/ui/form.tsx";
import { duration, percent, unknown, whole } from "~/ui/numbers.ts";
import type { Text } from "~/ui/say.ts";
import { numbers, Table } from "~/ui/table.tsx";
import { ago } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import {
  type Account,
  AccountName,
  AccountState,
  accountsOf,
  OddKey,
  Quota,
  triesOf,
  UpstreamButtons,
  upstreamPath,
} from "../panels/accounts.tsx";
import { ProbeReports } from "../panels/probe-reports.tsx";
import { InFlight, rankingWords, Token, UpstreamFields } from "../panels/upstream-fields.tsx";
import { type Typed, untouched } from "../typed.tsx";
import type { View } from "../view.ts";

export interface UpstreamsProps {
  view: View;
  state: "ok" | "degraded" | "down";
  queued: number;
  upstreams: readonly UpstreamView[];
  health: readonly HealthView[];
  /** What the last test found; null where none was asked for. */
  reports: readonly ProbeReport[] | null;
  notice: string | null;
  /** Why an action was refused. */
  problem: string | null;
  /** What was typed into the form of a new upstream and refused; null before anything was. */
  refused: Typed | null;
}

/** What zgate talks to, how each account does, and a test that says in words what is wrong. */
export function Upstreams(props: UpstreamsProps) {
  const { view, reports, notice, problem, refused } = props;
  const { say } = view;
  const typed = refused ?? untouched("new");
  return (
    <Layout view={view} here="/dashboard/upstreams" title={say("Upstreams", "上游")}>
      {notice === null ? null : (
        <p class="card" role="status" safe>
          {notice}
        </p>
      )}
      <Problem text={problem} />
      <div id="fleet" class="stacked" hx-get="/dashboard/upstreams" hx-trigger="every 10s" hx-swap="innerMorph">
        <UpstreamList {...props} />
      </div>
      {reports === null ? null : <ProbeReports view={view} of={reports} />}
      <Fold id="new" title={say("New upstream", "新增上游")} isOpen={refused !== null}>
        <ChangeForm csrf={view.csrf} action="/dashboard/upstreams" class="stack">
          <UpstreamFields view={view} typed={typed}>
            <Token view={view} typed={typed} />
            <InFlight view={view} typed={typed} />
          </UpstreamFields>
          <button type="submit" class="main">
            {say("Try it and add it", "测试并添加")}
          </button>
        </ChangeForm>
      </Fold>
    </Layout>
  );
}

/** What the page asks for again every few seconds. */
export function UpstreamList({ view, state, queued, upstreams, health }: UpstreamsProps) {
  const { say } = view;
  return (
    <>
      <div class="head">
        <h1>{say("Upstreams", "上游")}</h1>
        <State view={view} of={state} health={health} />
        {queued > 0 ? (
          <span class="soft" safe>{`${whole(queued)} ${say("waiting for a place", "个在排队")}`}</span>
        ) : null}
        <ChangeForm csrf={view.csrf} action="/dashboard/upstreams/test">
          <button type="submit">{say("Test all", "全部测试")}</button>
        </ChangeForm>
      </div>
      {upstreams.toSorted(inOrder).map((upstream) => (
        <Upstream view={view} of={upstream} accounts={accountsOf(upstream, health)} />
      ))}
    </>
  );
}

/** How they do, without calling well what nobody asked or what failed a minute ago. */
function State({
  view,
  of: state,
  health,
}: {
  view: View;
  of: UpstreamsProps["state"];
  health: readonly HealthView[];
}) {
  const { say, language } = view;
  const { tries, failed } = triesOf(health.flatMap(({ models }) => models));
  if (state === "ok" && tries === 0) {
    return <span class="badge">{say("nothing asked lately", "近期没有请求")}</span>;
  }
  if (state === "ok" && failed > 0) {
    const words = `${whole(failed)} ${say("of the last", "/")} ${whole(tries)} ${say("tries failed", "次尝试失败")}`;
    return (
      <span class="badge aborted" title={say("in the last five to ten minutes", "最近 5 到 10 分钟内")} safe>
        {words}
      </span>
    );
  }
  return (
    <span class={`badge ${stateColours[state]}`} safe>
      {stateNames[state][language]}
    </span>
  );
}

function Upstream({ view, of: upstream, accounts }: { view: View; of: UpstreamView; accounts: readonly Account[] }) {
  const { say } = view;
  const path = upstreamPath(upstream);
  return (
    <section class="card flush">
      <header class="card-head">
        <div hx-ignore>
          <h2>
            <a href={path} safe>
              {upstream.name}
            </a>{" "}
            {upstream.state === "disabled" ? <span class="badge">{say("switched off", "已停用")}</span> : null}
          </h2>
          <p class="soft">
            <code safe>{upstream.url}</code> · <span safe>{about(upstream, view)}</span>
          </p>
        </div>
        <div class="buttons">
          <UpstreamButtons view={view} of={upstream} accounts={accounts} />
          <a class="button" href={path}>
            {upstream.built_in ? say("Details", "详情") : say("Change", "修改")}
          </a>
        </div>
      </header>
      <Table
        label={upstream.name}
        columns={[
          say("Credential", "凭据"),
          say("State", "状态"),
          numbers(say("In flight", "进行中")),
          numbers(say("Queue", "排队")),
          numbers(say("Errors", "错误率")),
          numbers("p95"),
          say("Last success", "最近成功"),
          say("Quota", "额度"),
        ]}
        class="accounts"
      >
        {accounts.map((account) => (
          <AccountRow view={view} of={account} />
        ))}
      </Table>
    </section>
  );
}

function AccountRow({ view, of: account }: { view: View; of: Account }) {
  const { credential, health } = account;
  const models = health?.models ?? [];
  const lastSuccess = latest(models.map((model) => model.last_success_at));
  const { tries, failed } = triesOf(models);
  return (
    <tr>
      <th scope="row" class="plain-name">
        <AccountName view={view} of={credential} />
        {credential?.odd ? <OddKey view={view} /> : null}
      </th>
      <td>
        <AccountState view={view} of={account} />
      </td>
      <td class="n">{health?.in_flight ?? unknown}</td>
      <td class="n">{models.reduce((sum, model) => sum + model.queued, 0)}</td>
      <td class="n" safe>
        {percent(tries === 0 ? null : failed / tries)}
      </td>
      <td class="n" safe>
        {duration(largest(models.map((model) => model.p95_ms)))}
      </td>
      <td class="when" safe>
        {lastSuccess === null ? unknown : ago(lastSuccess, view.now, view.language)}
      </td>
      <td>
        <Quota view={view} of={health} />
      </td>
    </tr>
  );
}

/** As they are asked; those that are switched off last. */
function inOrder(one: UpstreamView, other: UpstreamView): number {
  return Number(one.state === "disabled") - Number(other.state === "disabled") || one.priority - other.priority;
}

/** What an upstream is like, in a line. */
export function about(upstream: UpstreamView, { say }: Pick<View, "say">): string {
  return [
    upstream.dialect,
    ...(upstream.coding_plan ? [say("coding plan", "编程套餐")] : []),
    ...(upstream.built_in ? [say("from the environment", "来自环境变量")] : []),
    rankingWords(upstream, { say }),
  ].join(" · ");
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function latest(moments: readonly (string | null)[]): number | null {
  return largest(moments.map((moment) => (moment === null ? null : Date.parse(moment))));
}

const stateNames: Record<UpstreamsProps["state"], Text> = {
  ok: { en: "all well", zh: "全部正常" },
  degraded: { en: "some rest", zh: "部分休息" },
  down: { en: "every account rests", zh: "账号都在休息" },
};

const stateColours: Record<UpstreamsProps["state"], string> = { ok: "completed", degraded: "aborted", down: "failed" };
