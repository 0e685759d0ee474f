import { Html } from "@elysiajs/html";
import type { Alert } from "~/alerts/alerts.ts";
import { ChangeForm } from "~/ui/form.tsx";
import { duration } from "~/ui/numbers.ts";
import { Table } from "~/ui/table.tsx";
import { Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import { placeOf } from "../panels/banner.tsx";
import { RuleFields } from "../panels/rule-fields.tsx";
import type { Typed } from "../typed.tsx";
import type { View } from "../view.ts";

interface AlertsProps {
  view: View;
  /** What is over, the newest first. */
  ended: readonly Alert[];
  typed: Typed;
  hasWebhook: boolean;
  /** What became of a test. */
  notice?: string;
}

/** What is wrong now, what was, and when something counts as wrong. */
export function Alerts({ view, ended, typed, hasWebhook, notice }: AlertsProps) {
  const { say, csrf } = view;
  return (
    <Layout view={view} here="/dashboard/alerts" title={say("Alerts", "告警")}>
      <h1>{say("Alerts", "告警")}</h1>
      <Active view={view} hasWebhook={hasWebhook} />
      <Ended view={view} of={ended} hasWebhook={hasWebhook} />
      <section class="card">
        <h2>{say("When an alert begins", "触发条件")}</h2>
        <p class="soft">
          {say(
            "Looked at every minute. An alert ends when it has not held for two looks. An empty field: never.",
            "每分钟检查一次。连续两次不再满足时告警结束。留空表示从不触发。",
          )}
        </p>
        <ChangeForm csrf={csrf} action="/dashboard/alerts" class="stack">
          <RuleFields view={view} typed={typed} />
          <button type="submit" class="main">
            {say("Save", "保存")}
          </button>
        </ChangeForm>
      </section>
      <section class="card" id="webhook">
        <h2>Webhook</h2>
        {notice === undefined ? null : (
          <p role="status">
            <strong safe>{notice}</strong>
          </p>
        )}
        {hasWebhook ? (
          <ChangeForm csrf={csrf} action="/dashboard/alerts/test" class="inline">
            <p>{say("Is told as JSON when an alert begins and ends.", "告警开始和结束时以 JSON 通知。")}</p>
            <button type="submit">{say("Send a test", "发送测试")}</button>
          </ChangeForm>
        ) : (
          <p>
            {say("Nobody is told yet. Set", "尚未设置通知。设置")} <code>ALERT_WEBHOOK_URL</code>{" "}
            {say("to an address of yours, and", "为你的地址；再设置")} <code>ALERT_WEBHOOK_SECRET</code>{" "}
            {say("to have messages signed.", "可为消息签名。")}
          </p>
        )}
      </section>
    </Layout>
  );
}

function Active({ view, hasWebhook }: { view: View; hasWebhook: boolean }) {
  const { say, alerts } = view;
  if (alerts.length === 0) {
    return (
      <section class="card">
        <p>
          <span class="badge completed">{say("quiet", "正常")}</span> {say("Nothing is wrong now.", "目前没有告警。")}
        </p>
      </section>
    );
  }
  return (
    <section class="card flush">
      <Table
        label={say("What is wrong now", "当前告警")}
        columns={[say("What", "内容"), say("Rule", "规则"), say("Since", "开始于")]}
      >
        {alerts.map((alert) => (
          <Row view={view} of={alert} hasWebhook={hasWebhook} />
        ))}
      </Table>
    </section>
  );
}

/** What whoever was away wants to know. */
function Ended({ view, of: ended, hasWebhook }: { view: View; of: readonly Alert[]; hasWebhook: boolean }) {
  const { say } = view;
  if (ended.length === 0) return "";
  return (
    <details class="card flush-details">
      <summary>
        <h2>{say("What was wrong before", "以往告警")}</h2>
      </summary>
      <Table
        label={say("What was wrong before", "以往告警")}
        columns={[say("What", "内容"), say("Rule", "规则"), say("Began", "开始"), say("Lasted", "持续")]}
      >
        {ended.map((alert) => (
          <Row view={view} of={alert} hasWebhook={hasWebhook} />
        ))}
      </Table>
    </details>
  );
}

function Row({ view, of: alert, hasWebhook }: { view: View; of: Alert; hasWebhook: boolean }) {
  const { say } = view;
  const { rule, text, since, endedAt, told } = alert;
  const isTold = told === (endedAt === null ? "started" : "ended");
  return (
    <tr>
      <th scope="row" class="plain-name reason">
        <a href={placeOf(alert, view)} safe>
          {text[view.language]}
        </a>{" "}
        {hasWebhook && !isTold ? (
          <span class="badge aborted">{say("the webhook has not taken it yet", "Webhook 尚未接收")}</span>
        ) : null}
      </th>
      <td class="code">{rule}</td>
      <td class="when">
        <Time at={since} now={view.now} reading={view} />
      </td>
      {endedAt === null ? null : (
        <td class="when" safe>
          {duration(endedAt - since)}
        </td>
      )}
    </tr>
  );
}
