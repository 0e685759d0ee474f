import type { Text } from "~/config/text.ts";
import { policyFields } from "~/keys/input.ts";
import type { IssuedView, OwnerCommandName } from "~/keys/owner.ts";
import type { SecretUse } from "~/keys/secret-use.ts";
import type { KeyView } from "~/keys/view.ts";
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
export const keys: Command = {
  summary: { en: "make, list, limit, rotate and revoke client keys", zh: "创建、列出、限制、轮换、吊销客户端密钥" },
  usage,
  flags: [...policyFields.map(dashed), "secret", "overlap", "all", "idempotency-key", "json"],

  run: (args, world) =>
    show(world, usage, async () => {
      const { words, flags } = readArguments(args);
      const [name = "list", key, ...more] = words;
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (!action) throw new BadArguments(hasNo("keys", name, Object.keys(actions)));
      if (action.needs !== null && key === undefined) throw new BadArguments(lacks(`keys ${name}`, action.needs));
      if (more.length > 0 || (action.needs === null && key !== undefined)) throw new BadArguments(tooManyWords);
      const { json, ...rest } = flags;
      const asked = action.args(key ?? "", rest);
      const { command } = action;
      const answer = await (command === "captures.delete"
        ? callKept(world, command, asked)
        : callOwner(world, command, asked));
      return json === undefined ? action.lines(answer) : [JSON.stringify(answer, null, 2)];
    }),
};

interface Action {
  command: OwnerCommandName | "captures.delete";
  needs: Text | null;
  args(key: string, flags: Flags): Record<string, unknown>;
  lines(answer: unknown): string[];
}

const oneKey = (answer: unknown) => keyLines(answer as KeyView);
const issued = (answer: unknown) => issuedLines(answer as IssuedView);
const ofKey = (command: Action["command"], lines: Action["lines"] = oneKey): Action => ({
  command,
  needs: { en: "a key", zh: "密钥" },
  args: (key) => ({ key }),
  lines,
});

const actions: Record<string, Action> = {
  list: {
    command: "keys.list",
    needs: null,
    args: (_key, { all }) => ({ all: all !== undefined }),
    lines: (answer) => listLines((answer as { data: KeyView[] }).data),
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
  use: ofKey("keys.use", (answer) => useLines((answer as { data: SecretUse[] }).data)),
  "end-overlap": ofKey("keys.end-overlap"),
  "undo-rotation": ofKey("keys.undo-rotation"),
  revoke: ofKey("keys.revoke"),
  forget: ofKey("captures.delete", (answer) => {
    const { deleted } = answer as { deleted: number };
    return [deleted === 1 ? "what was said in 1 request is gone" : `what was said in ${deleted} requests is gone`];
  }),
};

function listLines(list: KeyView[]): string[] {
  if (list.length === 0) return ["There are no keys. Make one: zgate keys create NAME"];
  return table([
    ["ID", "NAME", "STATE", "RIGHTS", "SECRETS", "LAST USED", "EXPIRES"],
    ...list.map((key) => [
      String(key.id),
      key.name,
      [key.state, key.rotation_due && "rotate", key.capture && "captured"].filter(Boolean).join(", "),
      key.rights.join(","),
      key.secrets.map((secret) => `${secret.hint}${secret.state === "retiring" ? " (retiring)" : ""}`).join(" "),
      key.last_used_at ?? "never",
      key.expires_at ?? "never",
    ]),
  ]);
}

function keyLines(key: KeyView): string[] {
  const limits = Object.entries(key.limits).filter(([, limit]) => limit !== null);
  return table([
    ["id", String(key.id)],
    ["name", key.name],
    ["state", key.rotation_due ? `${key.state}, rotate` : key.state],
    ...(key.note ? [["note", key.note]] : []),
    ["rights", key.rights.join(", ")],
    ["created", key.created_at],
    ["expires", key.expires_at ?? "never"],
    ["last used", key.last_used_at ?? "never"],
    ...(key.rotate_after_days === null ? [] : [["rotate after days", String(key.rotate_after_days)]]),
    ...(key.capture ? [["capture", "on: what is said with it is kept for a while"]] : []),
    ...(key.models ? [["models", key.models.join(", ")]] : []),
    ...(key.networks ? [["networks", key.networks.join(", ")]] : []),
    ...limits.map(([name, limit]) => [name.replaceAll("_", " "), String(limit)]),
    ...key.secrets.map((secret) => [
      "secret",
      `${secret.hint}  ${secret.state}${secret.not_after ? ` until ${secret.not_after}` : ""}`,
    ]),
  ]);
}

function issuedLines({ key, token, notice }: IssuedView): string[] {
  return [
    ...keyLines(key),
    ...(notice ? ["", notice] : []),
    ...(token === null ? [] : ["", "The secret, shown this once:", "", token]),
  ];
}

function useLines(secrets: SecretUse[]): string[] {
  return secrets.flatMap((secret) => [
    `${secret.hint}  ${secret.state}${secret.not_after ? ` until ${secret.not_after}` : ""}`,
    `  last used ${secret.last_used_at ?? "never"}, ${secret.requests_last_hour} requests in the last hour`,
    ...table(
      secret.clients.map((client) => ["", client.address, `${client.requests}×`, client.last_at, client.user_agent]),
    ),
  ]);
}
