import type { Text } from "~/config/text.ts";
import { policyFields } from "~/keys/input.ts";
import type { IssuedView, OwnerCommandName } from "~/keys/owner.ts";
import type { SecretUse } from "~/keys/secret-use.ts";
import { type KeyView, type SecretView, stateNames } from "~/keys/view.ts";
import type { Say } from "~/ui/say.ts";
import { type Action, createActions } from "./actions.ts";
import { dashed, table } from "./arguments.ts";
import type { UsageLine } from "./command.ts";
import { callKept, callOwner } from "./owner.ts";

const usage: UsageLine[] = [
  "zgate keys list [--all]",
  "zgate keys create NAME [--FIELD VALUE …] [--secret STRING]",
  "zgate keys show KEY",
  "zgate keys edit KEY --FIELD VALUE …",
  "zgate keys disable | enable | revoke KEY",
  "zgate keys rotate KEY [--overlap 0|1h|24h|7d|30d] [--secret STRING]",
  "zgate keys use | end-overlap | undo-rotation KEY",
  "zgate keys forget KEY",
  "",
  {
    en: "KEY is a name or an id. --json prints the answer as JSON. FIELD is one of",
    zh: "KEY 为名称或编号。--json 以 JSON 输出。FIELD 可为",
  },
  `  ${policyFields.map(dashed).join(" ")}`,
  { en: 'An empty VALUE clears a limit: --usd-per-day ""', zh: 'VALUE 留空表示取消该限制：--usd-per-day ""' },
  {
    en: "--capture on keeps what is said with the key for CAPTURE_DAYS; forget deletes what was kept.",
    zh: "--capture on 会在 CAPTURE_DAYS 天内保存用该密钥进行的对话；forget 删除已保存的内容。",
  },
];

/** `zgate keys …`: the whole life of a key. */
export const keys = createActions<Name>({
  name: "keys",
  usual: "list",
  summary: { en: "make, list, limit, rotate and revoke client keys", zh: "创建、列出、限制、轮换、吊销客户端密钥" },
  usage,
  flags: [...policyFields.map(dashed), "secret", "overlap", "all", "idempotency-key"],
  actions: () => actions,
  call: (world, command, args) =>
    command === "captures.delete" ? callKept(world, command, args) : callOwner(world, command, args),
});

type Name = OwnerCommandName | "captures.delete";

const oneKey: Action<Name>["lines"] = (answer, say) => keyLines(answer as KeyView, say);
const issued: Action<Name>["lines"] = (answer, say) => issuedLines(answer as IssuedView, say);
const ofKey = (command: Name, lines = oneKey): Action<Name> => ({
  command,
  needs: { en: "a key", zh: "密钥" },
  args: (key) => ({ key }),
  lines,
});

const actions: Record<string, Action<Name>> = {
  list: {
    command: "keys.list",
    needs: null,
    args: (_key, { all }) => ({ all: all !== undefined }),
    lines: (answer, say) => listLines((answer as { data: KeyView[] }).data, say),
  },
  show: ofKey("keys.show"),
  create: {
    command: "keys.create",
    needs: { en: "a name", zh: "名称" },
    args: (name, { idempotency_key, ...body }) => ({ body: { name, ...body }, idempotency_key }),
    lines: issued,
  },
  edit: {
    command: "keys.edit",
    needs: { en: "a key", zh: "密钥" },
    args: (key, body) => ({ key, body }),
    lines: oneKey,
  },
  disable: ofKey("keys.disable"),
  enable: ofKey("keys.enable"),
  rotate: {
    command: "keys.rotate",
    needs: { en: "a key", zh: "密钥" },
    args: (key, { idempotency_key, ...body }) => ({ key, body, idempotency_key }),
    lines: issued,
  },
  use: ofKey("keys.use", (answer, say) => useLines((answer as { data: SecretUse[] }).data, say)),
  "end-overlap": ofKey("keys.end-overlap"),
  "undo-rotation": ofKey("keys.undo-rotation"),
  revoke: ofKey("keys.revoke"),
  forget: ofKey("captures.delete", (answer, say) => {
    const { deleted } = answer as { deleted: number };
    const requests = deleted === 1 ? "1 request" : `${deleted} requests`;
    return [say(`what was said in ${requests} is gone`, `已删除 ${deleted} 个请求的对话内容`)];
  }),
};

function listLines(list: KeyView[], say: Say): string[] {
  if (list.length === 0) {
    return [say("There are no keys. Make one: zgate keys create NAME", "还没有密钥。创建：zgate keys create NAME")];
  }
  const never = say("never", "从未");
  return table([
    [
      "ID",
      say("NAME", "名称"),
      say("STATE", "状态"),
      say("RIGHTS", "权限"),
      say("SECRETS", "密钥串"),
      say("LAST USED", "最近使用"),
      say("EXPIRES", "到期"),
    ],
    ...list.map((key) => [
      String(key.id),
      key.name,
      stateOf(key, say),
      key.rights.join(","),
      key.secrets
        .map(({ hint, state }) => (state === "retiring" ? `${hint} (${say("retiring", "旧")})` : hint))
        .join(" "),
      key.last_used_at ?? never,
      key.expires_at ?? say("never", "永不"),
    ]),
  ]);
}

function keyLines(key: KeyView, say: Say): string[] {
  const limits = Object.entries(key.limits).filter(([, limit]) => limit !== null);
  return table([
    [say("id", "编号"), String(key.id)],
    [say("name", "名称"), key.name],
    [say("state", "状态"), stateOf(key, say)],
    ...(key.note ? [[say("note", "备注"), key.note]] : []),
    [say("rights", "权限"), key.rights.join(", ")],
    [say("created", "创建"), key.created_at],
    [say("expires", "到期"), key.expires_at ?? say("never", "永不")],
    [say("last used", "最近使用"), key.last_used_at ?? say("never", "从未")],
    ...(key.rotate_after_days === null
      ? []
      : [[say("rotate after days", "多少天后轮换"), String(key.rotate_after_days)]]),
    ...(key.capture
      ? [
          [
            say("capture", "保存内容"),
            say("on: what is said with it is kept for a while", "开：用它进行的对话会保存一段时间"),
          ],
        ]
      : []),
    ...(key.models ? [[say("models", "模型"), key.models.join(", ")]] : []),
    ...(key.networks ? [[say("networks", "网络"), key.networks.join(", ")]] : []),
    ...limits.map(([name, limit]) => [name.replaceAll("_", " "), String(limit)]),
    ...key.secrets.map((secret) => [say("secret", "密钥串"), secretWords(secret, say)]),
  ]);
}

function stateOf({ state, rotation_due, capture }: KeyView, say: Say): string {
  const { en, zh } = stateNames[state];
  return [say(en, zh), rotation_due && say("rotate", "该轮换了"), capture && say("captured", "保存内容")]
    .filter(Boolean)
    .join(", ");
}

function secretWords({ hint, state, not_after }: SecretView, say: Say): string {
  const { en, zh } = secretStates[state];
  return `${hint}  ${say(en, zh)}${not_after ? ` ${say("until", "至")} ${not_after}` : ""}`;
}

function issuedLines({ key, token, notice }: IssuedView, say: Say): string[] {
  return [
    ...keyLines(key, say),
    ...(notice ? ["", notice] : []),
    ...(token === null ? [] : ["", say("The secret, shown this once:", "密钥串，只显示这一次："), "", token]),
  ];
}

function useLines(secrets: SecretUse[], say: Say): string[] {
  return secrets.flatMap((secret) => {
    const last = secret.last_used_at ?? say("never", "从未");
    const count = secret.requests_last_hour;
    return [
      secretWords(secret, say),
      say(`  last used ${last}, ${count} requests in the last hour`, `  最近使用 ${last}，近一小时 ${count} 个请求`),
      ...table(
        secret.clients.map((client) => ["", client.address, `${client.requests}×`, client.last_at, client.user_agent]),
      ),
    ];
  });
}

const secretStates: Record<SecretView["state"], Text> = {
  active: { en: "active", zh: "当前" },
  retiring: { en: "retiring", zh: "旧" },
  revoked: { en: "revoked", zh: "已吊销" },
};
