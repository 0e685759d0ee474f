import type { AuditView } from "~/keys/audit-list.ts";
import type { BlockView, GateView } from "~/keys/gate.ts";
import type { OwnerCommandName } from "~/keys/owner.ts";
import { BadArguments, type Flags, hasNo, readArguments, show, table, tooManyWords } from "./arguments.ts";
import type { Command, UsageLine } from "./command.ts";
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
export const admin: Command = {
  summary: {
    en: "reset the password, pause, block addresses, read the audit log",
    zh: "重置密码、暂停服务、封禁地址、查看审计日志",
  },
  usage,
  flags: ["note", "limit", "before", "json"],

  run: (args, world) =>
    show(world, usage, async () => {
      const { words, flags } = readArguments(args);
      const [name = "", word, ...more] = words;
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (!action)
        throw new BadArguments(
          name === ""
            ? { en: "zgate admin needs to know what to do.", zh: "请说明 zgate admin 要做什么。" }
            : hasNo("admin", name, Object.keys(actions)),
        );
      if (more.length > 0) throw new BadArguments(tooManyWords);
      const { json, ...rest } = flags;
      const answer = await callOwner(world, action.command, action.args(word, rest));
      return json === undefined ? action.lines(answer) : [JSON.stringify(answer, null, 2)];
    }),
};

interface Action {
  command: OwnerCommandName;
  args(word: string | undefined, flags: Flags): Record<string, unknown>;
  lines(answer: unknown): string[];
}

const gate: Action["lines"] = (answer) => {
  const { paused, message, since } = answer as GateView;
  return [paused ? `Paused since ${since}: ${message}` : "Inference is running."];
};
const blocks: Action["lines"] = (answer) => {
  const { data } = answer as { data: BlockView[] };
  return data.length === 0 ? ["Nobody is blocked."] : table(data.map((row) => [row.network, row.created_at, row.note]));
};

const actions: Record<string, Action> = {
  "reset-password": {
    command: "admin.reset-password",
    args: () => ({}),
    lines: (answer) => [
      "Everybody is signed out. The new password, shown this once:",
      "",
      (answer as { password: string }).password,
    ],
  },
  "sign-out-everywhere": {
    command: "admin.sign-out-everywhere",
    args: () => ({}),
    lines: () => ["Everybody is signed out."],
  },
  pause: {
    command: "gate.pause",
    args: (message) => ({ body: message === undefined ? {} : { message } }),
    lines: gate,
  },
  resume: { command: "gate.resume", args: () => ({}), lines: gate },
  state: { command: "gate.show", args: () => ({}), lines: gate },
  blocked: { command: "gate.blocked", args: () => ({}), lines: blocks },
  block: {
    command: "gate.block",
    args: (network, { note }) => ({ body: { network, note } }),
    lines: (answer) => [`${(answer as BlockView).network} is blocked.`],
  },
  unblock: { command: "gate.unblock", args: (network) => ({ network }), lines: blocks },
  audit: {
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
