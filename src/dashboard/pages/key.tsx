import { Html } from "@elysiajs/html";
import type { CaptureSum } from "~/analytics/captures.ts";
import type { SecretUse } from "~/keys/secret-use.ts";
import { type KeyView, stateNames } from "~/keys/view.ts";
import { ChangeForm, Field, ForGood, Overlap, Problem } from "~/ui/form.tsx";
import { bytes, unknown, whole } from "~/ui/numbers.ts";
import { numbers, Table } from "~/ui/table.tsx";
import { ago, Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import { KeyFields, keyTyped } from "../panels/key-fields.tsx";
import type { Typed } from "../typed.tsx";
import type { View } from "../view.ts";
import { CaptureBadge, stateColours } from "./keys.tsx";

interface KeyPageProps {
  view: View;
  of: KeyView;
  /** Who used each living secret in the last hour. */
  uses: readonly SecretUse[];
  /** What was typed into the form of its fields and refused. */
  refused: Typed | null;
  /** Why an action was refused. */
  problem: string | null;
  idempotencyKey: string;
  /** Whether bodies may be kept, of any key. */
  mayCapture: boolean;
  /** What is kept of this one; null where nothing is. */
  kept: CaptureSum | null;
}

/** One key: who uses it, its rotation, its limits, its end. */
export function Key({ view, of: key, uses, refused, problem, idempotencyKey, mayCapture, kept }: KeyPageProps) {
  const { say, language } = view;
  const isAlive = key.state !== "revoked";
  return (
    <Layout view={view} here="/dashboard/keys" title={key.name}>
      <p>
        <a class="quiet" href="/dashboard/keys">
          {say("‹ Keys", "‹ 密钥")}
        </a>
      </p>
      <div class="head">
        <h1 safe>{key.name}</h1>
        <span class={`badge ${stateColours[key.state]}`} safe>
          {stateNames[key.state][language]}
        </span>
        {key.capture && mayCapture ? <CaptureBadge view={view} /> : null}
        <a class="button" href={`/dashboard?key=${key.id}&range=7d`}>
          {say("Its traffic", "查看流量")}
        </a>
      </div>
      {key.note === "" ? null : <p safe>{key.note}</p>}
      <Problem text={problem} />
      {isAlive && !key.built_in ? (
        <>
          <Secrets view={view} uses={uses} />
          <Rotation view={view} of={key} idempotencyKey={idempotencyKey} />
        </>
      ) : null}
      {isAlive ? (
        <>
          <section class="card">
            <h2>{say("Settings", "设置")}</h2>
            <ChangeForm csrf={view.csrf} action={`/dashboard/keys/${key.id}/edit`} class="stack">
              <KeyFields view={view} typed={refused ?? keyTyped(key)} isNew={false} mayCapture={mayCapture} />
              <button type="submit" class="main">
                {say("Save", "保存")}
              </button>
            </ChangeForm>
          </section>
          <End view={view} of={key} />
        </>
      ) : null}
      {kept === null ? null : <KeptBodies view={view} of={key} kept={kept} />}
    </Layout>
  );
}

function KeptBodies({ view, of: key, kept }: { view: View; of: KeyView; kept: CaptureSum }) {
  const { say } = view;
  const many = `${whole(kept.requests)} ${say("requests", "个请求")}, ${bytes(kept.bytes)}`;
  return (
    <section class="card">
      <h2>{say("What is kept of what was said", "已保存的对话内容")}</h2>
      <p>
        <span safe>{many}</span> · {say("the oldest:", "最早：")} <Time at={kept.since} now={view.now} reading={view} />
      </p>
      <ForGood csrf={view.csrf} action={`/dashboard/keys/${key.id}/forget`} say={say}>
        {say("Delete it all", "全部删除")}
      </ForGood>
    </section>
  );
}

function Secrets({ view, uses }: { view: View; uses: readonly SecretUse[] }) {
  const { say } = view;
  return (
    <section class="card flush">
      <Table
        label={say("Secrets", "密钥串")}
        columns={[
          say("Secret", "密钥串"),
          say("State", "状态"),
          say("Made", "创建"),
          say("Last used", "最近使用"),
          numbers(say("Requests, last hour", "近一小时请求")),
          say("Used by", "使用者"),
        ]}
      >
        {uses.map((use) => (
          <SecretRow view={view} use={use} />
        ))}
      </Table>
    </section>
  );
}

function SecretRow({ view, use }: { view: View; use: SecretUse }) {
  const { say } = view;
  const clients = use.clients.map(({ user_agent, address }) => `${user_agent.slice(0, 60)} (${address})`);
  return (
    <tr>
      <td class="code" safe>
        {use.hint}
      </td>
      <td>
        {use.state === "retiring" ? (
          <>
            <span class="badge aborted">{say("old", "旧")}</span>{" "}
            {use.not_after === null ? null : (
              <>
                {say("until", "至")} <Time at={Date.parse(use.not_after)} now={view.now} reading={view} />
              </>
            )}
          </>
        ) : (
          <span class="badge completed">{say("current", "当前")}</span>
        )}
      </td>
      <td class="when">
        <Time at={Date.parse(use.created_at)} now={view.now} reading={view} />
      </td>
      <td class="when" safe>
        {use.last_used_at === null ? unknown : ago(Date.parse(use.last_used_at), view.now, view.language)}
      </td>
      <td class="n" safe>
        {whole(use.requests_last_hour)}
      </td>
      <td class="used-by" safe>
        {clients.length === 0 ? unknown : clients.slice(0, 4).join("; ")}
      </td>
    </tr>
  );
}

function Rotation({ view, of: key, idempotencyKey }: { view: View; of: KeyView; idempotencyKey: string }) {
  const { say } = view;
  const retiring = key.secrets.find(({ state }) => state === "retiring");
  return (
    <section class="card">
      <h2>{say("Rotation", "轮换")}</h2>
      {retiring ? (
        <>
          <p>
            {say(
              "The old secret still works, so that clients can change over one by one.",
              "旧密钥串仍然有效，客户端可以逐个更换。",
            )}
          </p>
          <div class="buttons">
            <ChangeForm csrf={view.csrf} action={`/dashboard/keys/${key.id}/end-overlap`}>
              <button type="submit">{say("Refuse the old one now", "立即停用旧的")}</button>
            </ChangeForm>
            <ChangeForm csrf={view.csrf} action={`/dashboard/keys/${key.id}/undo-rotation`}>
              <button type="submit">{say("Undo: keep the old one", "撤销：保留旧的")}</button>
            </ChangeForm>
          </div>
        </>
      ) : (
        <ChangeForm csrf={view.csrf} action={`/dashboard/keys/${key.id}/rotate`} class="inline">
          <input type="hidden" name="idempotency_key" value={idempotencyKey} />
          <Overlap
            say={say}
            label={say("The old secret lives on for", "旧密钥串继续有效")}
            none={say("no time at all", "立即失效")}
          />
          <Field
            name="secret"
            type="password"
            label={say("A string of your own", "自定义字符串")}
            placeholder={say("empty: made for you", "留空则自动生成")}
          />
          <button type="submit" class="main">
            {say("Give it a new secret", "生成新密钥串")}
          </button>
        </ChangeForm>
      )}
    </section>
  );
}

function End({ view, of: key }: { view: View; of: KeyView }) {
  const { say } = view;
  const isOff = key.state === "disabled";
  return (
    <section class="card">
      <h2>{say("Switch off or revoke", "停用或吊销")}</h2>
      <div class="buttons">
        <ChangeForm csrf={view.csrf} action={`/dashboard/keys/${key.id}/${isOff ? "enable" : "disable"}`}>
          <button type="submit">{isOff ? say("Switch on", "启用") : say("Switch off for now", "暂时停用")}</button>
        </ChangeForm>
        {key.built_in ? null : (
          <ForGood csrf={view.csrf} action={`/dashboard/keys/${key.id}/revoke`} say={say}>
            {say("Revoke", "吊销")}
          </ForGood>
        )}
      </div>
    </section>
  );
}
