import type { Clock } from "~/clock.ts";
import { languageIn, type Text } from "~/config/text.ts";
import { codingPlanTerms } from "~/credentials/address.ts";
import { shapeOf, wantsProbe } from "~/credentials/input.ts";
import type { Candidate, StoredUpstreams } from "~/credentials/upstreams.ts";
import type { UpstreamView } from "~/credentials/view.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import { invalid, isCleared } from "~/keys/fields.ts";
import type { Who } from "~/keys/statements.ts";
import { dialectsByName } from "~/upstreams/index.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import { type EnvironmentUpstream, environmentId, type Fleet } from "./fleet.ts";
import type { Probe, ProbeReport } from "./probe.ts";
import type { AskQuota, QuotaWindow } from "./quota.ts";
import { type AccountReport, fleetReport, fleetState } from "./report.ts";
import { createUpstream, type UpstreamWishes } from "./upstream.ts";

/** The rooms that the commands about upstreams reach. */
export interface Supplied {
  stored: StoredUpstreams;
  fleet: Fleet;
  environment: EnvironmentUpstream | null;
  probe: Probe;
  quota: AskQuota;
  /** The way to an address that somebody is about to add. */
  callFor(who: Who): Call;
  clock: Clock;
  wishes: Pick<UpstreamWishes, "guestsAllowed" | "guestTtlMs" | "modelName" | "listTtlMs">;
}

export type UpstreamArgs = Record<string, unknown>;
export type UpstreamCommand = (supplied: Supplied, args: UpstreamArgs, who: Who) => unknown;

/** An upstream that was added, and what else its owner should know. */
export interface AddedView {
  upstream: UpstreamView;
  notice: string | null;
}

export type HealthView = AccountReport & { quota: QuotaWindow[] | null };

/**
 * Everything an owner may do with upstreams, by name. The pages, the admin API and the command line all come through
 * here: three ways in, one implementation.
 */
export const upstreamCommands = {
  "upstreams.list": (supplied) => ({ data: [...builtIn(supplied), ...supplied.stored.list()] }),
  "upstreams.show": (supplied, args) => {
    const [environment] = builtIn(supplied);
    if (environment && args.upstream === environment.name) return environment;
    return supplied.stored.view(refOf(args, "upstream"));
  },
  "upstreams.add": async (supplied, args, who): Promise<AddedView> => {
    const { stored } = supplied;
    const { body } = args;
    const candidate = await stored.check(body, who);
    if (wantsProbe(body)) await tryAddress(supplied, candidate, who);
    const hadGuests = builtIn(supplied).length > 0;
    const upstream = await stored.add(body, who);
    const notices: Text[] = [];
    if (upstream.coding_plan) notices.push(isCodingPlan);
    if (hadGuests && builtIn(supplied).length === 0) notices.push(replacesGuests);
    if (upstream.credentials.some(({ odd }) => odd)) notices.push(oddKey);
    return { upstream, notice: notices.map((notice) => notice[languageIn(args)]).join(" ") || null };
  },
  "upstreams.edit": async (supplied, args, who) => {
    const { stored } = supplied;
    const upstream = refOf(args, "upstream");
    const candidate = await stored.checkEdit(upstream, args.body, who);
    if (candidate && wantsProbe(args.body)) await tryAddress(supplied, candidate, who);
    return stored.edit(upstream, args.body, who);
  },
  "upstreams.disable": ({ stored }, args, who) => stored.setEnabled(refOf(args, "upstream"), false, who),
  "upstreams.enable": ({ stored }, args, who) => stored.setEnabled(refOf(args, "upstream"), true, who),
  "upstreams.remove": async ({ stored }, args, who) => {
    await stored.remove(refOf(args, "upstream"), who);
    return { removed: true };
  },
  "upstreams.test": async ({ stored, fleet, probe }, args): Promise<{ data: ProbeReport[] }> => {
    const reports: ProbeReport[] = [];
    const language = languageIn(args);
    // One after the other: an account that allows one request in flight must not refuse its own test.
    for (const account of accountsOf(stored, fleet, args)) reports.push(await probe(account, language));
    return { data: reports };
  },
  "upstreams.health": async ({ fleet, quota, clock }) => {
    const report = fleetReport(fleet, clock);
    const accounts = fleet.accounts();
    const quotas = await Promise.all(accounts.map(quota));
    const data: HealthView[] = report.accounts.map((account, at) => ({ ...account, quota: quotas[at] ?? null }));
    return { state: fleetState(report), queued: report.queued, data };
  },
  /** Ends the rests of an upstream's accounts: its owner has seen to it. */
  "upstreams.wake": ({ stored, fleet }, args) => {
    const accounts = accountsOf(stored, fleet, args);
    for (const account of accounts) fleet.wake(account.id);
    return { woken: accounts.length };
  },

  "credentials.add": ({ stored }, args, who) => stored.addCredential(refOf(args, "upstream"), args.body, who),
  "credentials.edit": ({ stored }, args, who) => stored.editCredential(refOf(args, "credential"), args.body, who),
  "credentials.disable": ({ stored }, args, who) => stored.setCredentialEnabled(refOf(args, "credential"), false, who),
  "credentials.enable": ({ stored }, args, who) => stored.setCredentialEnabled(refOf(args, "credential"), true, who),
  "credentials.rotate": async ({ stored, fleet }, args, who) => {
    const rotated = await stored.rotateCredential(refOf(args, "credential"), args.body, who);
    // Why the old secret was refused says nothing of the new one.
    fleet.wake(`credential ${rotated.id}`);
    return rotated;
  },
  "credentials.end-overlap": ({ stored }, args, who) => stored.endOverlap(refOf(args, "credential"), who),
  "credentials.undo-rotation": ({ stored }, args, who) => stored.undoRotation(refOf(args, "credential"), who),
  "credentials.remove": async ({ stored }, args, who) => {
    await stored.removeCredential(refOf(args, "credential"), who);
    return { removed: true };
  },
} satisfies Record<string, UpstreamCommand>;

export type UpstreamCommandName = keyof typeof upstreamCommands;

const isCodingPlan: Text = {
  en: `This is a GLM Coding Plan. ${codingPlanTerms.en}`,
  zh: `这是 GLM 编程套餐。${codingPlanTerms.zh}`,
};

const replacesGuests: Text = {
  en: "From now on it answers in place of the guests of chat.z.ai, since the environment names no upstream.",
  zh: "由于环境变量没有指定上游，从现在起由它代替 chat.z.ai 的匿名身份应答。",
};

/** A hint, no refusal: Z.ai alone knows what its keys look like tomorrow. */
export const oddKey: Text = {
  en: "This token is not shaped like a key of Z.ai's, which is id.secret: see whether it is whole.",
  zh: "此 Token 不像 Z.ai 的密钥（形如 id.secret）：请检查是否完整。",
};

/** The upstream of the environment, as a row that nobody can change here; none while it stands back. */
function builtIn({ fleet, environment }: Supplied): UpstreamView[] {
  const account = fleet.accounts().find(({ id }) => id === environmentId);
  if (environment === null || account === undefined) return [];
  const { dialect, url, token, inFlight } = environment;
  const ranking = { priority: 10, weight: 1, models: null };
  const shown = { hint: "", odd: false, ...(token !== null && shapeOf(token, url)) };
  const made = { id: null, state: "active" as const, created_at: null };
  const credential = { ...made, ...ranking, ...shown, name: account.name, in_flight: inFlight };
  return [
    {
      ...made,
      ...ranking,
      name: account.upstream.name,
      dialect,
      url,
      built_in: true,
      coding_plan: /\/coding\/paas\/v4$/.test(url),
      credentials: [{ ...credential, retiring: null, rotated_at: null }],
    },
  ];
}

/** The accounts of one upstream, or all. */
function accountsOf(stored: StoredUpstreams, fleet: Fleet, args: UpstreamArgs): Account[] {
  const all = [...fleet.accounts()];
  if (args.upstream === undefined || args.upstream === "") return all;
  const ref = refOf(args, "upstream");
  const name = ref === environmentId ? environmentId : stored.view(ref).name;
  const found = all.filter(({ upstream }) => upstream.name === name);
  if (found.length > 0) return found;
  throw new GatewayError("conflict", `The upstream '${name}' has nothing that could be asked: it is switched off.`, {
    zh: `上游“${name}”没有可测试的账号：已停用。`,
    param: "upstream",
  });
}

/** Asks an address that an upstream is about to have for its models, and explains what is wrong with it. */
async function tryAddress(
  { callFor, clock, wishes }: Supplied,
  { name, choice: { dialect, url }, token }: Candidate,
  who: Who,
): Promise<void> {
  const base = { ...wishes, name, label: name, dialect: dialectsByName[dialect], url, baseIsDefault: false };
  const upstream = createUpstream(base, () => null, callFor(who), clock);
  const pool = upstream.createPool(token === null ? [] : [{ name: "new", token, until: null }]);
  try {
    await upstream.fetchIds(pool);
  } catch (thrown) {
    const isSense = thrown instanceof GatewayError;
    const error = toGatewayError(thrown);
    // It is busy or wants money: the address is right all the same.
    const isRight = ["upstream_rate_limited", "upstream_overloaded", "insufficient_quota", "model_not_available"];
    if (isSense && isRight.includes(error.kind)) return;
    const why = isSense ? error.message : "it answered with something that is no model list";
    const field = error.kind === "upstream_auth_failed" || error.kind === "upstream_account" ? "token" : "url";
    throw invalid(
      field,
      `Asked for its models, ${url} said no: ${why}. Send "probe": false to keep it all the same.`,
      `向 ${url} 请求模型列表失败：${isSense ? error.zh : "返回的不是模型列表"}`,
    );
  }
}

/** An id where it is a number, else a name. */
function refOf(args: UpstreamArgs, what: "upstream" | "credential"): number | string {
  const ref = args[what];
  if (typeof ref === "number" && Number.isSafeInteger(ref)) return ref;
  if (typeof ref !== "string" || isCleared(ref)) {
    throw invalid(what, `'${what}' is missing: its id or its name.`, `缺少“${what}”：编号或名称。`);
  }
  return /^\d{1,15}$/.test(ref) ? Number(ref) : ref;
}
