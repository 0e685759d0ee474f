import { Html } from "@elysiajs/html";
import type { AuditView } from "~/keys/audit-list.ts";
import { unknown } from "~/ui/numbers.ts";
import { Table } from "~/ui/table.tsx";
import { attr } from "~/ui/text.ts";
import { Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import type { View } from "../view.ts";

/** Who changed what, newest first. */
export function Audit({ view, rows, before }: { view: View; rows: readonly AuditView[]; before: number | null }) {
  const { say } = view;
  return (
    <Layout view={view} here="/dashboard/audit" title={say("Audit", "审计")}>
      <h1>{say("Audit log", "审计日志")}</h1>
      <p class="soft">
        {say(
          "Every change, who made it and from where. Nothing here can be changed or deleted.",
          "每一次变更、由谁、从哪里。此处的内容无法修改或删除。",
        )}
      </p>
      <section class="card flush">
        <Table
          label={say("Audit log", "审计日志")}
          class="audit"
          columns={[
            say("Time", "时间"),
            say("Who", "谁"),
            say("Action", "操作"),
            say("Subject", "对象"),
            say("Change", "变更"),
            say("From", "来源"),
          ]}
        >
          {rows.map((row) => (
            <AuditRow view={view} row={row} />
          ))}
        </Table>
      </section>
      {before === null ? null : (
        <nav class="pages" aria-label={say("Older and newer", "翻页")}>
          <a class="button" href={`/dashboard/audit?before=${before}`}>
            {say("Older ›", "较旧 ›")}
          </a>
        </nav>
      )}
    </Layout>
  );
}

function AuditRow({ view, row }: { view: View; row: AuditView }) {
  const page = pageOf(row.subject);
  return (
    <tr>
      <td class="when">
        <Time at={Date.parse(row.at)} now={view.now} reading={view} />
      </td>
      <td safe>{row.actor}</td>
      <td class="code" safe>
        {row.action}
      </td>
      <td>
        {page === null ? (
          <span safe>{row.subject}</span>
        ) : (
          <a href={page} safe>
            {row.subject}
          </a>
        )}
      </td>
      <td class="changes" safe>
        {changesOf(row)}
      </td>
      <td class="code" title={attr(row.user_agent)} safe>
        {row.address || unknown}
      </td>
    </tr>
  );
}

/** Where one sees more of what a row is about; null where nowhere. */
function pageOf(subject: string): string | null {
  const [, what, id] = /^(key|request) (\w+)$/.exec(subject) ?? [];
  if (what === undefined) return null;
  return what === "key" ? `/dashboard/keys/${id}` : `/dashboard/requests/${id}`;
}

/** `name: a → b`, field by field. */
function changesOf({ before, after }: AuditView): string {
  const was = fieldsOf(before);
  const is = fieldsOf(after);
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names
    .map((name) => {
      const [from, to] = [said(was[name]), said(is[name])];
      if (!(name in was)) return `${name}: ${to}`;
      return name in is ? `${name}: ${from} → ${to}` : `${name}: ${from}`;
    })
    .join("; ");
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function said(value: unknown): string {
  if (value === null || value === undefined) return unknown;
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
