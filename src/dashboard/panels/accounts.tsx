import { Html } from "@elysiajs/html";
import type { CredentialView, UpstreamView } from "~/credentials/view.ts";
import type { RestReport, SlotReport } from "~/gateway/report.ts";
import { type HealthView, oddKey } from "~/gateway/upstream-commands.ts";
import { ChangeForm } from "~/ui/form.tsx";
import { unknown } from "~/ui/numbers.ts";
import { Time } from "~/ui/times.tsx";
import { reasonWords } from "../reasons.ts";
import type { View } from "../view.ts";

/** An upstream and one thing to show it, and how it does: null where it is switched off. */
export interface Account {
  credential: CredentialView | null;
  health: HealthView | null;
}

/** The accounts of an upstream; one that wants no credential is an account by itself. */
export function accountsOf({ id, built_in, credentials }: UpstreamView, all: readonly HealthView[]): Account[] {
  const healthOf = (account: string) => all.find((one) => one.id === account) ?? null;
  if (credentials.length === 0) return [{ credential: null, health: healthOf(`upstream ${id}`) }];
  return credentials.map((credential) => ({
    credential,
    health: healthOf(built_in ? "environment" : `credential ${credential.id}`),
  }));
}

export function upstreamPath({ id }: UpstreamView): string {
  return `/dashboard/upstreams/${id ?? "environment"}`;
}

/** What can be done with an upstream as it is at the moment. */
export function UpstreamButtons(props: { view: View; of: UpstreamView; accounts: readonly Account[] }) {
  const { view, of: upstream, accounts } = props;
  const { say, csrf } = view;
  const path = upstreamPath(upstream);
  return (
    <>
      {accounts.some(isResting) ? (
        <ChangeForm csrf={csrf} action={`${path}/wake`}>
          <button type="submit">{say("End its rest", "结束休息")}</button>
        </ChangeForm>
      ) : null}
      {upstream.state === "disabled" ? null : (
        <ChangeForm csrf={csrf} action={`${path}/test`}>
          <button type="submit">{say("Test", "测试")}</button>
        </ChangeForm>
      )}
    </>
  );
}

/** Whether an account, or one of its models, is left alone for a while. */
function isResting({ health }: Account): boolean {
  return health !== null && (health.rests !== null || health.models.some(({ rests }) => rests !== null));
}

/** Its name, and what its secret is recognised by. */
export function AccountName({ view: { say }, of: credential }: { view: View; of: CredentialView | null }) {
  if (credential === null) return <span class="soft">{say("no credential", "无凭据")}</span>;
  return (
    <>
      <span safe>{credential.name}</span> {credential.hint === "" ? null : <code safe>{credential.hint}</code>}
    </>
  );
}

/** That a token is not shaped like a key of Z.ai's: a hint, since Z.ai alone knows its keys. */
export function OddKey({ view: { language } }: { view: View }) {
  return (
    <p class="hint warn" safe>
      {oddKey[language]}
    </p>
  );
}

/** In use, failing, resting from some or all that it was asked for, or switched off. */
export function AccountState({ view, of: { credential, health } }: { view: View; of: Account }) {
  const { say, language } = view;
  if (health === null) {
    const isIts = credential?.state === "disabled";
    return <span class="badge">{isIts ? say("switched off", "已停用") : say("not in use", "未使用")}</span>;
  }
  if (health.rests !== null) return <Rest view={view} of={health.rests} />;
  const resting = health.models.filter(({ rests }) => rests !== null);
  const failing = health.models.filter(isFailing);
  if (resting.length === 0 && failing.length > 0) {
    return (
      <span>
        <Failing view={view} />{" "}
        <span class="hint" safe>
          {failing.map(({ model, last_error }) => `${model}: ${reasonWords(last_error ?? "", language)}`).join("; ")}
        </span>
      </span>
    );
  }
  if (resting.length === 0) return <span class="badge completed">{say("in use", "使用中")}</span>;
  return (
    <span>
      <span class="badge aborted">{say("rests", "休息中")}</span>{" "}
      <span class="hint" safe>
        {resting.map(({ model }) => model).join(", ")}
      </span>
    </span>
  );
}

/** The same of one model; where its account rests from all models, it does. */
export function ModelState(props: { view: View; of: SlotReport; accountRests: RestReport | null }) {
  const { view, of: model, accountRests } = props;
  const { say } = view;
  const rests = accountRests ?? model.rests;
  if (model.state === "half-open") return <span class="badge running">{say("one request probes it", "试探中")}</span>;
  if (rests !== null) return <Rest view={view} of={rests} />;
  return isFailing(model) ? <Failing view={view} /> : <span class="badge completed">{say("in use", "使用中")}</span>;
}

/** Whether the last try failed, as one does before it has failed often enough to rest. */
function isFailing({ last_success_at, last_failure_at, tries }: SlotReport): boolean {
  return tries > 0 && last_failure_at !== null && (last_success_at === null || last_failure_at > last_success_at);
}

function Failing({ view: { say } }: { view: View }) {
  return <span class="badge aborted">{say("last try failed", "最近一次失败")}</span>;
}

/** How many of the last minutes' tries there were, and how many failed. */
export function triesOf(models: readonly SlotReport[]): { tries: number; failed: number } {
  const tries = models.reduce((sum, model) => sum + model.tries, 0);
  return { tries, failed: Math.round(models.reduce((sum, model) => sum + model.tries * (model.error_rate ?? 0), 0)) };
}

function Rest({ view, of: rest }: { view: View; of: RestReport }) {
  const { say, language } = view;
  return (
    <span>
      <span class="badge failed">{say("rests", "休息中")}</span>{" "}
      <span class="hint">
        {say("until", "至")} <Time at={Date.parse(rest.until)} now={view.now} reading={view} />{" "}
        <span safe>{reasonWords(rest.reason, language)}</span>
      </span>
    </span>
  );
}

/** How much of each window is used up; nothing where the upstream does not tell. */
export function Quota({ view, of: health }: { view: View; of: HealthView | null }) {
  const { say } = view;
  const windows = health?.quota ?? [];
  if (windows.length === 0) return <span class="soft">{unknown}</span>;
  return (
    <>
      {windows.map(({ kind, used_percent, resets_at }) => (
        <div>
          <span safe>{kind}</span> <strong>{Math.round(used_percent)}%</strong>
          {resets_at === null ? null : (
            <span class="hint">
              {" "}
              {say("anew", "重置于")} <Time at={Date.parse(resets_at)} now={view.now} reading={view} />
            </span>
          )}
        </div>
      ))}
    </>
  );
}
