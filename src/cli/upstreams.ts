import { credentialFields, upstreamFields } from "~/credentials/input.ts";
import type { CredentialView, UpstreamView } from "~/credentials/view.ts";
import type { ProbeReport } from "~/gateway/probe.ts";
import { type AddedView, type HealthView, oddKey, type UpstreamCommandName } from "~/gateway/upstream-commands.ts";
import type { Say } from "~/ui/say.ts";
import { type Action, createActions } from "./actions.ts";
import { dashed, table } from "./arguments.ts";
import type { UsageLine } from "./command.ts";
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
export const upstreams = createActions<UpstreamCommandName>({
  name: "upstreams",
  usual: "list",
  summary: { en: "add, test, rank and rotate upstreams and credentials", zh: "添加、测试、排序上游，轮换上游凭据" },
  usage,
  flags: [...new Set([...upstreamFields, ...credentialFields])].map(dashed).concat("token", "probe", "overlap"),
  actions: () => actions,
  call: callUpstreams,
});

type Upstreams = Action<UpstreamCommandName>;

const oneUpstream: Upstreams["lines"] = (answer, say) => upstreamLines(answer as UpstreamView, say);
const oneCredential: Upstreams["lines"] = (answer, say) => credentialLines(answer as CredentialView, say);
const ofUpstream = (command: UpstreamCommandName, lines = oneUpstream): Upstreams => ({
  command,
  needs: { en: "an upstream", zh: "上游" },
  args: (upstream) => ({ upstream }),
  lines,
});
const ofCredential = (command: UpstreamCommandName, lines = oneCredential): Upstreams => ({
  command,
  needs: { en: "a credential", zh: "凭据" },
  args: (credential) => ({ credential }),
  lines,
});
const done =
  (en: string, zh: string): Upstreams["lines"] =>
  (_answer, say) => [say(en, zh)];

const actions: Record<string, Upstreams> = {
  list: {
    command: "upstreams.list",
    needs: null,
    args: () => ({}),
    lines: (answer, say) => listLines((answer as { data: UpstreamView[] }).data, say),
  },
  show: ofUpstream("upstreams.show"),
  add: {
    command: "upstreams.add",
    needs: { en: "a name and an address", zh: "名称和地址" },
    takesTwo: true,
    args: (name, body, url) => ({ body: { name, url, ...body } }),
    lines: (answer, say) => {
      const { upstream, notice } = answer as AddedView;
      return [...upstreamLines(upstream, say), ...(notice ? ["", notice] : [])];
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
  remove: ofUpstream("upstreams.remove", done("It is gone, and its secrets with it.", "已移除，凭据也一并删除。")),
  wake: ofUpstream("upstreams.wake", done("Its accounts are asked again.", "其账号重新参与应答。")),
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
    lines: (answer, say) => healthLines(answer as Health, say),
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
  "remove-credential": ofCredential(
    "credentials.remove",
    done("It is gone, and its secret with it.", "已移除，其密文也一并删除。"),
  ),
};

function listLines(list: UpstreamView[], say: Say): string[] {
  const off = say("off", "已停用");
  return table([
    [
      "ID",
      say("NAME", "名称"),
      say("DIALECT", "协议"),
      say("STATE", "状态"),
      say("PRIORITY", "优先级"),
      say("WEIGHT", "权重"),
      say("ADDRESS", "地址"),
      say("CREDENTIALS", "凭据"),
    ],
    ...list.map((one) => [
      one.id === null ? "-" : String(one.id),
      one.name,
      one.dialect,
      stateOf(one, say),
      String(one.priority),
      String(one.weight),
      one.url,
      one.credentials
        .map(({ name, hint, state }) => `${name} ${hint}${state === "active" ? "" : ` (${off})`}`)
        .join(", "),
    ]),
  ]);
}

function upstreamLines(one: UpstreamView, say: Say): string[] {
  return [
    ...table([
      [say("id", "编号"), one.id === null ? "-" : String(one.id)],
      [say("name", "名称"), one.name],
      [say("state", "状态"), stateOf(one, say)],
      [say("dialect", "协议"), one.dialect],
      [say("address", "地址"), one.url],
      [say("priority", "优先级"), String(one.priority)],
      [say("weight", "权重"), String(one.weight)],
      [say("models", "模型"), one.models?.join(", ") ?? say("all that it knows", "它支持的全部")],
    ]),
    ...one.credentials.flatMap((credential) => ["", ...credentialLines(credential, say)]),
  ];
}

function credentialLines(one: CredentialView, say: Say): string[] {
  const limits = Object.entries(one.in_flight ?? {}).map(([model, limit]) => `${model}=${limit}`);
  const until = say("until", "至");
  return table([
    [say("credential", "凭据"), one.id === null ? one.name : `${one.name} (id ${one.id})`],
    [say("secret", "密文"), one.odd ? `${one.hint}  ${say(oddKey.en, oddKey.zh)}` : one.hint],
    ...(one.retiring ? [[say("old secret", "旧密文"), `${one.retiring.hint} ${until} ${one.retiring.not_after}`]] : []),
    [say("state", "状态"), stateOf(one, say)],
    [say("priority", "优先级"), String(one.priority)],
    [say("weight", "权重"), String(one.weight)],
    [say("in flight", "同时请求"), limits.join(", ") || say("no limit", "不限")],
    [say("models", "模型"), one.models?.join(", ") ?? say("all", "全部")],
  ]);
}

function stateOf({ state }: Pick<UpstreamView, "state">, say: Say): string {
  return state === "active" ? say("active", "启用") : say("disabled", "停用");
}

/** One look from the outside in, line by line. */
export function probeLines({ upstream, credential, steps }: ProbeReport): string[] {
  const mark = { true: "ok", false: "no", null: "? " };
  return [
    `${upstream} / ${credential}`,
    ...steps.map(({ step, ok, says }) => `  ${mark[`${ok}`]}  ${step.padEnd(10)}  ${says}`),
  ];
}

interface Health {
  state: "ok" | "degraded" | "down";
  queued: number;
  data: HealthView[];
}

function healthLines({ state, queued, data }: Health, say: Say): string[] {
  const never = say("never", "从未");
  const rows = data.flatMap((account) => {
    const who = `${account.upstream}/${account.credential}`;
    if (account.models.length === 0) {
      const is = account.rests ? say("rests", "休息中") : say("unused", "未使用");
      return [[who, "-", is, "0", "-", "-", "-", ""]];
    }
    return account.models.map((one) => {
      const rests = account.rests ?? one.rests;
      return [
        who,
        one.model,
        rests ? `${say("rests until", "休息至")} ${rests.until}` : one.state,
        `${one.in_flight}${one.limit === null ? "" : ` ${say("of", "/")} ${one.limit}`}`,
        one.error_rate === null ? "-" : `${Math.round(one.error_rate * 100)} %`,
        one.p95_ms === null ? "-" : `${one.p95_ms} ms`,
        one.last_success_at ?? never,
        one.last_error ?? "",
      ];
    });
  });
  const quotas = data.flatMap(({ upstream, credential, quota }) =>
    (quota ?? []).map(({ kind, used_percent: used, resets_at: reset }) => {
      const who = `${upstream}/${credential}`;
      return say(
        `${who}: ${used} % of ${kind} used${reset ? `, anew at ${reset}` : ""}`,
        `${who}：${kind} 已用 ${used} %${reset ? `，重置于 ${reset}` : ""}`,
      );
    }),
  );
  const head = [
    say("ACCOUNT", "账号"),
    say("MODEL", "模型"),
    say("STATE", "状态"),
    say("IN FLIGHT", "进行中"),
    say("ERRORS", "错误率"),
    "P95",
    say("LAST SUCCESS", "最近成功"),
    say("LAST ERROR", "最近错误"),
  ];
  const names = { ok: say("ok", "正常"), degraded: say("degraded", "部分休息"), down: say("down", "全部休息") };
  const sum = say(
    `Upstreams: ${names[state]}; ${queued} requests in line.`,
    `上游：${names[state]}；${queued} 个请求在排队。`,
  );
  return [sum, "", ...table([head, ...rows]), ...quotas];
}
