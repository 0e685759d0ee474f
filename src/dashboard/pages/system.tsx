import { Html } from "@elysiajs/html";
import type { Storage } from "~/analytics/storage.ts";
import type { EffectiveSetting } from "~/config/effective.ts";
import type { BlockView, GateView } from "~/keys/gate.ts";
import { ChangeForm, Field, Problem } from "~/ui/form.tsx";
import { bytes, duration, percent, unknown, whole } from "~/ui/numbers.ts";
import { Stat } from "~/ui/stat.tsx";
import { Table } from "~/ui/table.tsx";
import { absolute, Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import type { View } from "../view.ts";
import type { Vitals } from "../vitals.ts";

interface SystemProps {
  view: View;
  vitals: Vitals;
  storage: Storage;
  settings: readonly EffectiveSetting[];
  gate: GateView;
  blocked: readonly BlockView[];
  problem: string | null;
}

/** How zgate itself is, who is kept out, and what it runs with. */
export function System({ view, vitals, storage, settings, gate, blocked, problem }: SystemProps) {
  const { say } = view;
  return (
    <Layout view={view} here="/dashboard/system" title={say("System", "系统")}>
      <h1>{say("System", "系统")}</h1>
      <Problem text={problem} />
      <Vital view={view} vitals={vitals} storage={storage} />
      <div class="columns">
        <Database view={view} storage={storage} vitals={vitals} />
        <Blocks view={view} blocked={blocked} />
        <div class="column">
          <Pause view={view} gate={gate} />
          <section class="card">
            <h2>{say("Sessions", "登录会话")}</h2>
            <ChangeForm csrf={view.csrf} action="/dashboard/system/sign-out-everywhere" class="stack">
              <p>{say("Ends every session, this one as well.", "结束所有会话，包括当前会话。")}</p>
              <button type="submit">{say("Sign out everywhere", "全部退出")}</button>
            </ChangeForm>
          </section>
        </div>
      </div>
      <Settings view={view} settings={settings} />
    </Layout>
  );
}

function Vital({ view: { say }, vitals, storage }: { view: View; vitals: Vitals; storage: Storage }) {
  const { disk, writer } = vitals;
  return (
    <div class="stats">
      <Stat
        name={say("Storage", "存储")}
        value={vitals.isStorageHealthy ? say("works", "正常") : say("failing", "故障")}
        notes={[
          `${say("last commit", "最近提交")}: ${duration(writer.lastCommitMs)}`,
          ...(vitals.unrecorded > 0
            ? [`${whole(vitals.unrecorded)} ${say("requests have no row of their own", "个请求没有单独的记录")}`]
            : []),
          `${say("waiting", "等待写入")}: ${whole(writer.waiting)} · ${say("failures", "失败")}: ${whole(writer.failures)}`,
        ]}
      />
      <Stat
        name={say("Database", "数据库")}
        value={bytes(storage.bytes)}
        notes={[
          disk === null
            ? ""
            : `${bytes(disk.freeBytes)} ${say("free on the disk", "磁盘可用")} (${percent(disk.freeBytes / disk.allBytes)})`,
        ]}
      />
      <Stat
        name={say("Memory", "内存")}
        value={bytes(vitals.memoryBytes)}
        notes={[`CPU: ${percent(vitals.cpuMs / vitals.uptimeMs)} ${say("on average", "平均")}`]}
      />
      <Stat
        name={say("Up for", "已运行")}
        value={duration(vitals.uptimeMs)}
        notes={[`${whole(vitals.inFlight)} ${say("requests in flight", "个请求进行中")}`]}
      />
    </div>
  );
}

function Pause({ view, gate }: { view: View; gate: GateView }) {
  const { say } = view;
  return (
    <section class={gate.paused ? "card broken" : "card"}>
      <h2>{gate.paused ? say("Inference is paused", "推理已暂停") : say("Pause all inference", "暂停所有推理")}</h2>
      {gate.paused ? (
        <>
          <p>
            {say("Everybody is told:", "所有请求得到的答复：")} <q safe>{gate.message ?? ""}</q>
          </p>
          <ChangeForm csrf={view.csrf} action="/dashboard/system/resume">
            <button type="submit" class="main">
              {say("Let it go on", "恢复")}
            </button>
          </ChangeForm>
        </>
      ) : (
        <ChangeForm csrf={view.csrf} action="/dashboard/system/pause" class="stack">
          <Field
            name="message"
            label={say("What clients are told", "给客户端的说明")}
            hint={say(
              "They get a 503 with this sentence until you let it go on.",
              "恢复之前，客户端收到 503 和这句话。",
            )}
          />
          <button type="submit" class="danger">
            {say("Pause", "暂停")}
          </button>
        </ChangeForm>
      )}
    </section>
  );
}

function Blocks({ view, blocked }: { view: View; blocked: readonly BlockView[] }) {
  const { say } = view;
  return (
    <section class="card">
      <h2>{say("Blocked networks", "已屏蔽的网络")}</h2>
      {blocked.length === 0 ? <p class="soft">{say("None.", "无。")}</p> : null}
      <ul class="plain-list" hx-ignore>
        {blocked.map(({ network, note, created_at }) => (
          <li>
            <code safe>{network}</code> <span safe>{note}</span>{" "}
            <span class="soft">
              <Time at={Date.parse(created_at)} now={view.now} reading={view} />
            </span>
            <ChangeForm csrf={view.csrf} action="/dashboard/system/unblock">
              <input type="hidden" name="network" value={network} />
              <button type="submit" class="quiet">
                {say("let in again", "解除")}
              </button>
            </ChangeForm>
          </li>
        ))}
      </ul>
      <ChangeForm csrf={view.csrf} action="/dashboard/system/block" class="stack">
        <Field
          name="network"
          label={say("Address or network", "地址或网段")}
          placeholder="203.0.113.0/24"
          isRequired={true}
        />
        <Field name="note" label={say("Note", "备注")} />
        <button type="submit">{say("Block", "屏蔽")}</button>
      </ChangeForm>
    </section>
  );
}

function Database({ view, storage, vitals }: { view: View; storage: Storage; vitals: Vitals }) {
  const { say } = view;
  return (
    <section class="card">
      <h2>{say("Database", "数据库")}</h2>
      <dl class="pairs">
        <dt>{say("Oldest request", "最早的请求")}</dt>
        <dd safe>{storage.oldest === null ? unknown : absolute(storage.oldest, view)}</dd>
        <dt>{say("Newest request", "最新的请求")}</dt>
        <dd safe>{storage.newest === null ? unknown : absolute(storage.newest, view)}</dd>
        <dt>{say("Rows are kept", "记录保留")}</dt>
        <dd safe>{keptFor(vitals, view)}</dd>
        <dt>{say("Last scheduled backup", "最近的定时备份")}</dt>
        <dd safe>{lastBackup(vitals, view)}</dd>
        <dt>{say("Free pages inside", "内部空闲")}</dt>
        <dd safe>{bytes(storage.freeBytes)}</dd>
        {storage.tables.map(({ name, rows, isMore }) => (
          <>
            <dt>
              {say("Rows in", "行数：")} <code safe>{name}</code>
            </dt>
            <dd safe>{isMore ? `${say("more than", "超过")} ${whole(rows)}` : whole(rows)}</dd>
          </>
        ))}
        <dt>{say("Rows that wait for the rollup", "等待汇总的行")}</dt>
        <dd safe>{whole(storage.waiting)}</dd>
        <dt>{say("Versions", "版本")}</dt>
        <dd safe>
          {`zgate ${view.version}, Bun ${vitals.bunVersion}, SQLite ${storage.sqliteVersion}, schema ${storage.schemaVersion}, ${vitals.platform}`}
        </dd>
      </dl>
    </section>
  );
}

function keptFor({ keep: { rowDays, maxBytes } }: Vitals, { say }: View): string {
  const bounds = [
    rowDays === null ? "" : `${whole(rowDays)} ${say("days", "天")}`,
    maxBytes === null ? "" : `${say("up to", "最多")} ${bytes(maxBytes)}`,
  ].filter(Boolean);
  return bounds.length === 0 ? say("for ever", "永久") : bounds.join(", ");
}

function lastBackup({ backups }: Vitals, view: View): string {
  if (backups === null) return view.say("none are scheduled (BACKUP_EVERY)", "未设置定时备份（BACKUP_EVERY）");
  const when = backups.lastAt === null ? unknown : absolute(backups.lastAt, view);
  return backups.failed ? `${when}; ${view.say("the last attempt failed: see the log", "最近一次失败，见日志")}` : when;
}

function Settings({ view, settings }: { view: View; settings: readonly EffectiveSetting[] }) {
  const { say } = view;
  return (
    <details class="card flush-details">
      <summary>{say("Settings in use, secrets masked", "当前生效的设置（密钥已隐藏）")}</summary>
      <Table label={say("Settings in use", "当前生效的设置")} columns={[say("Setting", "设置"), say("Value", "值")]}>
        {settings.map(({ name, value }) => (
          <tr>
            <th scope="row" class="code" safe>
              {name}
            </th>
            <td class="code" safe>
              {value}
            </td>
          </tr>
        ))}
      </Table>
    </details>
  );
}
