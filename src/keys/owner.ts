import { languageIn, type Text } from "~/config/text.ts";
import type { Admin } from "./admin.ts";
import { type AskRows, listAudit } from "./audit-list.ts";
import type { Issued } from "./create.ts";
import { invalid, isCleared } from "./fields.ts";
import type { Gate } from "./gate.ts";
import type { Keys } from "./keys.ts";
import type { Prices } from "./prices.ts";
import type { Rotated } from "./rotate.ts";
import { type SecretUseQuestion, secretUses } from "./secret-use.ts";
import type { Who } from "./statements.ts";
import { type KeyView, type SecretView, secretView } from "./view.ts";

/** The rooms that an owner's commands reach. */
export interface Owned {
  keys: Keys;
  admin: Admin;
  gate: Gate;
  prices: Prices;
  /** Runs a question off the traffic thread. */
  ask: AskRows;
  secretUse: SecretUseQuestion;
}

/** What a command is given: `key`, `network` or `model` say of what, `body` says what, field by field. `language`: that of notices. */
export type CommandArgs = Record<string, unknown>;

export type OwnerCommand = (owned: Owned, args: CommandArgs, who: Who) => unknown;

/** A key and, once, its new secret. */
export interface IssuedView {
  key: KeyView;
  secret: SecretView;
  /** The string to hand out: shown now and never again. Null where this is a repetition of an earlier request. */
  token: string | null;
  notice: string | null;
}

/**
 * Everything an owner may do, by name. The pages, the admin API and the command line all come through here: three ways
 * in, one implementation.
 */
export const ownerCommands = {
  "keys.list": ({ keys }, args) => {
    const all = args.all === true || args.all === "true" || args.all === "1";
    return { data: keys.list().filter((key) => all || key.state !== "revoked") };
  },
  "keys.show": ({ keys }, args) => keys.view(keyOf(args)),
  "keys.create": async ({ keys }, args, who) =>
    issued(keys, await keys.create(args.body, who, textOf(args.idempotency_key)), args),
  "keys.edit": async ({ keys }, args, who) => keys.view((await keys.edit(keyOf(args), args.body, who)).id),
  "keys.disable": async ({ keys }, args, who) => keys.view((await keys.disable(keyOf(args), who)).id),
  "keys.enable": async ({ keys }, args, who) => keys.view((await keys.enable(keyOf(args), who)).id),
  "keys.rotate": async ({ keys }, args, who) =>
    issued(keys, await keys.rotate(keyOf(args), args.body, who, textOf(args.idempotency_key)), args),
  "keys.use": async ({ keys, ask, secretUse }, args) => ({
    data: await secretUses(keys.room, secretUse, ask, keyOf(args)),
  }),
  "keys.end-overlap": async ({ keys }, args, who) => keys.view((await keys.endOverlap(keyOf(args), who)).id),
  "keys.undo-rotation": async ({ keys }, args, who) => keys.view((await keys.undoRotation(keyOf(args), who)).id),
  "keys.revoke": async ({ keys }, args, who) => keys.view((await keys.revoke(keyOf(args), who)).id),

  "gate.show": ({ gate }) => gate.state(),
  "gate.pause": ({ gate }, args, who) => gate.pause(args.body, who),
  "gate.resume": ({ gate }, _args, who) => gate.resume(who),
  "gate.blocked": ({ gate }) => ({ data: gate.blocked() }),
  "gate.block": ({ gate }, args, who) => gate.block(args.body, who),
  "gate.unblock": async ({ gate }, args, who) => {
    await gate.unblock(needed(args, "network"), who);
    return { data: gate.blocked() };
  },

  "prices.list": ({ prices }) => ({ data: prices.list() }),
  "prices.set": ({ prices }, args, who) => prices.set(needed(args, "model"), args.body, who),
  "prices.reset": async ({ prices }, args, who) => {
    await prices.reset(needed(args, "model"), who);
    return { data: prices.list() };
  },

  "audit.list": ({ ask }, { limit, before }) => listAudit(ask, { limit, before }),

  /** A new password, made here; everybody is signed out. For the command line alone: it is the way back in. */
  "admin.reset-password": async ({ admin }, _args, who) => ({ password: await admin.resetPassword(null, who) }),
  "admin.sign-out-everywhere": async ({ admin }, _args, who) => {
    await admin.signOutEverywhere(who);
    return { signed_out: true };
  },
} satisfies Record<string, OwnerCommand>;

export type OwnerCommandName = keyof typeof ownerCommands;

function issued(keys: Keys, made: Issued | Rotated, args: CommandArgs): IssuedView {
  const notice = ("notice" in made ? made.notice : null) ?? (made.token === null ? shownBefore : null);
  return {
    key: keys.view(made.key.id),
    secret: secretView(made.secret),
    token: made.token,
    notice: notice?.[languageIn(args)] ?? null,
  };
}

const shownBefore: Text = {
  en: "This is the answer to a request that was repeated: the secret was shown the first time, and never is again.",
  zh: "这是对重复请求的应答：密钥串在第一次时已显示，不会再次显示。",
};

/** An id where it is a number, else a name. */
export function keyOf(args: CommandArgs): number | string {
  const key = args.key;
  if (typeof key === "number" && Number.isSafeInteger(key)) return key;
  if (typeof key !== "string" || isCleared(key)) {
    throw invalid("key", "'key' is missing: the id or the name of a key.", "缺少“key”：密钥的编号或名称。");
  }
  return /^\d{1,15}$/.test(key) ? Number(key) : key;
}

function needed(args: CommandArgs, field: string): string {
  const value = args[field];
  if (typeof value === "string" && value !== "") return value;
  throw invalid(field, `'${field}' is missing.`, `缺少“${field}”。`);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
