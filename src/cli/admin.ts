import type { AuditView } from "~/keys/audit-list.ts";
import type { BlockView, GateView } from "~/keys/gate.ts";
import type { OwnerCommandName } from "~/keys/owner.ts";
import { type Action, createActions } from "./actions.ts";
import { table } from "./arguments.ts";
import type { UsageLine } from "./command.ts";
import { callOwner } from "./owner.ts";

const usage: UsageLine[] = [
  "zgate admin reset-password",
  "zgate admin sign-out-everywhere",
  { en: 'zgate admin pause ["What those who ask are told"]', zh: 'zgate admin pause ["给请求方的说明"]' },
  "zgate admin resume | state",
  "zgate admin blocked",
  "zgate admin block NETWORK [--note WHY]",
  "zgate admin unblock NETWORK",
  "zgate admin audit [--limit 100] [--before ID]",
  "",
  { en: "--json prints the answer as JSON.", zh: "--json 以 JSON 输出。" },
];

/** `zgate admin …`: the way back in, and what stops everybody. */
export const admin = createActions<OwnerCommandName>({
  name: "admin",
  usual: null,
  summary: {
    en: "reset the password, pause, block addresses, read the audit log",
    zh: "重置密码、暂停服务、封禁地址、查看审计日志",
  },
  usage,
  flags: ["note", "limit", "before"],
  actions: () => actions,
  call: callOwner,
});

const any = { needs: null, isOptional: true } as const;

const gate: Action<OwnerCommandName>["lines"] = (answer, say) => {
  const { paused, message, since } = answer as GateView;
  if (!paused) return [say("Inference is running.", "推理正常进行。")];
  return [say(`Paused since ${since}: ${message}`, `自 ${since} 起暂停：${message}`)];
};
const blocks: Action<OwnerCommandName>["lines"] = (answer, say) => {
  const { data } = answer as { data: BlockView[] };
  if (data.length === 0) return [say("Nobody is blocked.", "没有屏蔽任何人。")];
  return table(data.map((row) => [row.network, row.created_at, row.note]));
};

const actions: Record<string, Action<OwnerCommandName>> = {
  "reset-password": {
    ...any,
    command: "admin.reset-password",
    args: () => ({}),
    lines: (answer, say) => [
      say("Everybody is signed out. The new password, shown this once:", "所有会话已退出。新密码，只显示这一次："),
      "",
      (answer as { password: string }).password,
    ],
  },
  "sign-out-everywhere": {
    ...any,
    command: "admin.sign-out-everywhere",
    args: () => ({}),
    lines: (_answer, say) => [say("Everybody is signed out.", "所有会话已退出。")],
  },
  pause: {
    ...any,
    command: "gate.pause",
    args: (message) => ({ body: message === "" ? {} : { message } }),
    lines: gate,
  },
  resume: { ...any, command: "gate.resume", args: () => ({}), lines: gate },
  state: { ...any, command: "gate.show", args: () => ({}), lines: gate },
  blocked: { ...any, command: "gate.blocked", args: () => ({}), lines: blocks },
  block: {
    ...any,
    command: "gate.block",
    args: (network, { note }) => ({ body: { network, note } }),
    lines: (answer, say) => {
      const { network } = answer as BlockView;
      return [say(`${network} is blocked.`, `已屏蔽 ${network}。`)];
    },
  },
  unblock: { ...any, command: "gate.unblock", args: (network) => ({ network }), lines: blocks },
  audit: {
    ...any,
    command: "audit.list",
    args: (_word, flags) => flags,
    lines: (answer) => auditLines((answer as { data: AuditView[] }).data),
  },
};

function auditLines(rows: AuditView[]): string[] {
  return table(
    rows.map(({ id, at, actor, action, subject, before, after }) => [
      String(id),
      at,
      actor,
      action,
      subject,
      [before, after]
        .map((side) => (side === null ? "" : JSON.stringify(side)))
        .join(" → ")
        .replace(/^ → | → $/, ""),
    ]),
  );
}
