import { Html } from "@elysiajs/html";
import type { IssuedView } from "~/keys/owner.ts";
import { type KeyState, type KeyView, stateNames } from "~/keys/view.ts";
import { Lines } from "~/ui/copy.tsx";
import { ChangeForm, Fold } from "~/ui/form.tsx";
import { unknown } from "~/ui/numbers.ts";
import { Table } from "~/ui/table.tsx";
import { attr } from "~/ui/text.ts";
import { Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import { KeyFields, limitWords } from "../panels/key-fields.tsx";
import { type Typed, untouched } from "../typed.tsx";
import type { View } from "../view.ts";

interface KeysProps {
  view: View;
  keys: readonly KeyView[];
  /** What was typed and why it was refused; null before anything was. */
  refused: Typed | null;
  /** Sent along, so that a form that is sent twice makes one key. */
  idempotencyKey: string;
  mayCapture: boolean;
}

export function Keys({ view, keys, refused, idempotencyKey, mayCapture }: KeysProps) {
  const { say } = view;
  const living = keys.filter(({ state }) => state !== "revoked");
  const revoked = keys.filter(({ state }) => state === "revoked");
  return (
    <Layout view={view} here="/dashboard/keys" title={say("Keys", "密钥")}>
      <div class="head">
        <h1>{say("Keys", "密钥")}</h1>
        <a class="button main" href="/dashboard/keys?new=1#new">
          {say("New key", "新建密钥")}
        </a>
      </div>
      <section class="card flush">
        <KeyTable view={view} keys={living} />
      </section>
      <Fold
        id="new"
        title={say("New key", "新建密钥")}
        isOpen={refused !== null || living.length === 0 || view.query.has("new")}
      >
        <ChangeForm csrf={view.csrf} action="/dashboard/keys" class="stack">
          <input type="hidden" name="idempotency_key" value={idempotencyKey} />
          <KeyFields view={view} typed={refused ?? untouched("")} isNew={true} mayCapture={mayCapture} />
          <button type="submit" class="main">
            {say("Make the key", "创建")}
          </button>
        </ChangeForm>
      </Fold>
      {revoked.length === 0 ? null : (
        <details class="card flush-details">
          <summary safe>{`${say("Revoked keys", "已吊销的密钥")} (${revoked.length})`}</summary>
          <KeyTable view={view} keys={revoked} />
        </details>
      )}
    </Layout>
  );
}

function KeyTable({ view, keys }: { view: View; keys: readonly KeyView[] }) {
  const { say } = view;
  return (
    <Table
      label={say("Keys", "密钥")}
      columns={[
        say("Name", "名称"),
        say("State", "状态"),
        say("Secret", "密钥串"),
        say("Rights", "权限"),
        say("Limits", "限制"),
        say("Last used", "最近使用"),
        say("Expires", "到期"),
      ]}
    >
      {keys.map((key) => (
        <KeyRow view={view} of={key} />
      ))}
    </Table>
  );
}

function KeyRow({ view, of: key }: { view: View; of: KeyView }) {
  const { say, language } = view;
  const limits = limitWords(key, view);
  const isRetiring = key.secrets.some(({ state }) => state === "retiring");
  return (
    <tr>
      <th scope="row" class="cut plain-name">
        <a href={`/dashboard/keys/${key.id}`} title={attr(key.note || key.name)} safe>
          {key.name}
        </a>
      </th>
      <td>
        <span class={`badge ${stateColours[key.state]}`} safe>
          {stateNames[key.state][language]}
        </span>{" "}
        {key.rotation_due ? <span class="badge aborted">{say("rotate", "该轮换了")}</span> : null}
        {key.capture ? <CaptureBadge view={view} /> : null}
        {isRetiring ? <span class="badge aborted">{say("rotating", "轮换中")}</span> : null}
      </td>
      <td class="code" safe>
        {key.secrets.map(({ hint }) => hint).join(", ") || unknown}
      </td>
      <td safe>{key.rights.join(", ")}</td>
      <td class="cut" title={attr(limits.join(", "))} safe>
        {limits.length === 0 ? say("none", "无") : limits.join(", ")}
      </td>
      <td class="when">
        {key.last_used_at === null ? unknown : <Time at={Date.parse(key.last_used_at)} now={view.now} reading={view} />}
      </td>
      <td class="when">
        {key.expires_at === null ? unknown : <Time at={Date.parse(key.expires_at)} now={view.now} reading={view} />}
      </td>
    </tr>
  );
}

/** Marks a key whose bodies are kept. */
export function CaptureBadge({ view: { say } }: { view: View }) {
  return (
    <span class="badge aborted" title={say("requests and answers are kept for a while", "请求与应答会保存一段时间")}>
      {say("captured", "保存内容")}
    </span>
  );
}

/** The one moment at which a secret is seen. */
export function NewSecret({ view, of: { key, token, notice } }: { view: View; of: IssuedView }) {
  const { say } = view;
  return (
    <Layout view={view} here="/dashboard/keys" title={key.name}>
      <h1 safe>{key.name}</h1>
      <section class="card empty">
        {token === null ? (
          <p>{say("The secret was shown before, and never is again.", "密钥串已显示过，不会再次显示。")}</p>
        ) : (
          <>
            <h2>{say("Copy the secret now", "请立即复制密钥串")}</h2>
            <p>
              {say(
                "It is shown this once: only its hash is kept. Whoever has it can use this key.",
                "只显示这一次：系统只保存其哈希。持有者即可使用此密钥。",
              )}
            </p>
            <Lines text={token} say={say} />
            {notice === null ? null : <p safe>{notice}</p>}
            <h3>{say("In a terminal", "在终端中")}</h3>
            <Lines text={`export ZGATE_KEY=${token}`} say={say} />
          </>
        )}
        <p>
          <a class="button main" href={`/dashboard/keys/${key.id}`}>
            {say("Done", "完成")}
          </a>
        </p>
      </section>
    </Layout>
  );
}

/** In the colours of outcomes. */
export const stateColours: Record<KeyState, string> = {
  active: "completed",
  disabled: "aborted",
  expired: "rejected",
  revoked: "failed",
};
