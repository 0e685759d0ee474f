import type { Text } from "~/config/text.ts";
import { credentialFields, upstreamFields } from "~/credentials/input.ts";
import type { CredentialView, UpstreamView } from "~/credentials/view.ts";
import type { ProbeReport } from "~/gateway/probe.ts";
import { type AddedView, type HealthView, oddKey, type UpstreamCommandName } from "~/gateway/upstream-commands.ts";
import {
  BadArguments,
  dashed,
  type Flags,
  hasNo,
  lacks,
  readArguments,
  show,
  table,
  tooManyWords,
} from "./arguments.ts";
import type { Command, UsageLine } from "./command.ts";
import { callUpstreams } from "./supplied.ts";

const usage: UsageLine[] = [
  "zgate upstreams list | health",
  "zgate upstreams test [UPSTREAM]",
  "zgate upstreams add NAME URL [--token TOKEN] [--dialect zai|zai-web|openai] [--priority 10] [--weight 1]",
  '                         [--models "glm-4.7,glm-5*"] [--in-flight "glm-4.7=1,*=3"] [--probe false]',
  "                         [--accept-coding-plan-terms true]",
  "zgate upstreams show | disable | enable | remove | wake UPSTREAM",
  "zgate upstreams edit UPSTREAM --FIELD VALUE …",
  "zgate upstreams add-credential UPSTREAM NAME --token TOKEN [--priority …] [--weight …] [--in-flight …]",
  "zgate upstreams edit-credential CREDENTIAL --FIELD VALUE …",
  "zgate upstreams rotate CREDENTIAL --token TOKEN [--overlap 0|1h|24h|7d|30d]",
  "zgate upstreams end-overlap | undo-rotation | disable-credential | enable-credential | remove-credential CREDENTIAL",
  "",
  {
    en: "UPSTREAM is a name or an id; CREDENTIAL is an id, a name, or UPSTREAM/NAME. --json prints the answer as JSON.",
    zh: "UPSTREAM 为名称或编号；CREDENTIAL 为编号、名称或 UPSTREAM/NAME。--json 以 JSON 输出。",
  },
];

/** `zgate upstreams …`: who answers, and how they do. */
export const upstreams: Command = {
  summary: { en: "add, test, rank and rotate upstreams and credentials", zh: "添加、测试、排序上游，轮换上游凭据" },
  usage,
  flags: [...new Set([...upstreamFields, ...credentialFields])].map(dashed).concat("token", "probe", "overlap", "json"),

  run: (args, world) =>
    show(world, usage, async () => {
      const { words, flags } = readArguments(args);
      const [name = "list", first, ...more] = words;
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (!action) throw new BadArguments(hasNo("upstreams", name, Object.keys(actions)));
      const takes = action.takesTwo ? 1 : 0;
      if (action.needs !== null && (first === undefined || more.length < takes))
        throw new BadArguments(lacks(`upstreams ${name}`, action.needs));
      if (more.length > takes || (action.needs === null && first !== undefined && !action.isOptional))
        throw new BadArguments(tooManyWords);
      const { json, ...rest } = flags;
      const answer = await callUpstreams(world, action.command, action.args(first ?? "", rest, more[0] ?? ""));
      return json === undefined ? action.lines(answer) : [JSON.stringify(answer, null, 2)];
    }),
};

interface Action {
  command: UpstreamCommandName;
  /** What stands behind the action's name; null for nothing. */
  needs: Text | null;
  isOptional?: true;
  takesTwo?: true;
  args(first: string, flags: Flags, second: string): Record<string, unknown>;
  lines(answer: unknown): string[];
}

const oneUpstream = (answer: unknown) => upstreamLines(answer as UpstreamView);
const oneCredential = (answer: unknown) => credentialLines(answer as CredentialView);
const ofUpstream = (command: UpstreamCommandName, lines: Action["lines"] = oneUpstream): Action => ({
  command,
  needs: { en: "an upstream", zh: "上游" },
  args: (upstream) => ({ upstream }),
  lines,
});
const ofCredential = (command: UpstreamCommandName, lines: Action["lines"] = oneCredential): Action => ({
  command,
  needs: { en: "a credential", zh: "凭据" },
  args: (credential) => ({ credential }),
  lines,
});
const done = (says: string) => () => [says];

const actions: Record<string, Action> = {
  list: {
    command: "upstreams.list",
    needs: null,
    args: () => ({}),
    lines: (answer) => listLines((answer as { data: UpstreamView[] }).data),
  },
  show: ofUpstream("upstreams.show"),
  add: {
    command: "upstreams.add",
    needs: { en: "a name and an address", zh: "名称和地址" },
    takesTwo: true,
    args: (name, body, url) => ({ body: { name, url, ...body } }),
    lines: (answer) => {
      const { upstream, notice } = answer as AddedView;
      return [...upstreamLines(upstream), ...(notice ? ["", notice] : [])];
    },
  },
  edit: {
    command: "upstreams.edit",
    needs: { en: "an upstream", zh: "上游" },
    args: (upstream, body) => ({ upstream, body }),
    lines: oneUpstream,
  },
  disable: ofUpstream("upstreams.disable"),
  enable: ofUpstream("upstreams.enable"),
  remove: ofUpstream("upstreams.remove", done("It is gone, and its secrets with it.")),
  wake: ofUpstream("upstreams.wake", done("Its accounts are asked again.")),
  test: {
    command: "upstreams.test",
    needs: null,
    isOptional: true,
    args: (upstream) => ({ upstream }),
    lines: (answer) => (answer as { data: ProbeReport[] }).data.flatMap(probeLines),
  },
  health: {
    command: "upstreams.health",
    needs: null,
    args: () => ({}),
    lines: (answer) => healthLines(answer as { state: string; queued: number; data: HealthView[] }),
  },
  "add-credential": {
    command: "credentials.add",
    needs: { en: "an upstream and a name", zh: "上游和名称" },
    takesTwo: true,
    args: (upstream, body, name) => ({ upstream, body: { name, ...body } }),
    lines: oneCredential,
  },
  "edit-credential": {
    command: "credentials.edit",
    needs: { en: "a credential", zh: "凭据" },
    args: (credential, body) => ({ credential, body }),
    lines: oneCredential,
  },
  rotate: {
    command: "credentials.rotate",
    needs: { en: "a credential", zh: "凭据" },
    args: (credential, body) => ({ credential, body }),
    lines: oneCredential,
  },
  "end-overlap": ofCredential("credentials.end-overlap"),
  "undo-rotation": ofCredential("credentials.undo-rotation"),
  "disable-credential": ofCredential("credentials.disable"),
  "enable-credential": ofCredential("credentials.enable"),
  "remove-credential": ofCredential("credentials.remove", done("It is gone, and its secret with it.")),
};

function listLines(list: UpstreamView[]): string[] {
  return table([
    ["ID", "NAME", "DIALECT", "STATE", "PRIORITY", "WEIGHT", "ADDRESS", "CREDENTIALS"],
    ...list.map((one) => [
      one.id === null ? "-" : String(one.id),
      one.name,
      one.dialect,
      one.state,
      String(one.priority),
      String(one.weight),
      one.url,
      one.credentials.map(({ name, hint, state }) => `${name} ${hint}${state === "active" ? "" : " (off)"}`).join(", "),
    ]),
  ]);
}

function upstreamLines(one: UpstreamView): string[] {
  return [
    ...table([
      ["id", one.id === null ? "-" : String(one.id)],
      ["name", one.name],
      ["state", one.state],
      ["dialect", one.dialect],
      ["address", one.url],
      ["priority", String(one.priority)],
      ["weight", String(one.weight)],
      ["models", one.models?.join(", ") ?? "all that it knows"],
    ]),
    ...one.credentials.flatMap((credential) => ["", ...credentialLines(credential)]),
  ];
}

function credentialLines(one: CredentialView): string[] {
  const limits = Object.entries(one.in_flight ?? {}).map(([model, limit]) => `${model}=${limit}`);
  return table([
    ["credential", one.id === null ? one.name : `${one.name} (id ${one.id})`],
    ["secret", one.odd ? `${one.hint}  ${oddKey.en}` : one.hint],
    ...(one.retiring ? [["old secret", `${one.retiring.hint} until ${one.retiring.not_after}`]] : []),
    ["state", one.state],
    ["priority", String(one.priority)],
    ["weight", String(one.weight)],
    ["in flight", limits.join(", ") || "no limit"],
    ["models", one.models?.join(", ") ?? "all"],
  ]);
}

/** One look from the outside in, line by line. */
export function probeLines({ upstream, credential, steps }: ProbeReport): string[] {
  const mark = { true: "ok", false: "no", null: "? " };
  return [
    `${upstream} / ${credential}`,
    ...steps.map(({ step, ok, says }) => `  ${mark[`${ok}`]}  ${step.padEnd(10)}  ${says}`),
  ];
}

function healthLines({ state, queued, data }: { state: string; queued: number; data: HealthView[] }): string[] {
  const rows = data.flatMap((account) => {
    const who = `${account.upstream}/${account.credential}`;
    if (account.models.length === 0) return [[who, "-", account.rests ? "rests" : "unused", "0", "-", "-", "-", ""]];
    return account.models.map((one) => [
      who,
      one.model,
      account.rests || one.rests ? `rests until ${(account.rests ?? one.rests)!.until}` : one.state,
      `${one.in_flight}${one.limit === null ? "" : ` of ${one.limit}`}`,
      one.error_rate === null ? "-" : `${Math.round(one.error_rate * 100)} %`,
      one.p95_ms === null ? "-" : `${one.p95_ms} ms`,
      one.last_success_at ?? "never",
      one.last_error ?? "",
    ]);
  });
  const quotas = data.flatMap(({ upstream, credential, quota }) =>
    (quota ?? []).map(
      ({ kind, used_percent, resets_at }) =>
        `${upstream}/${credential}: ${used_percent} % of ${kind} used${resets_at ? `, anew at ${resets_at}` : ""}`,
    ),
  );
  const head = ["ACCOUNT", "MODEL", "STATE", "IN FLIGHT", "ERRORS", "P95", "LAST SUCCESS", "LAST ERROR"];
  return [`Upstreams: ${state}; ${queued} requests in line.`, "", ...table([head, ...rows]), ...quotas];
}
