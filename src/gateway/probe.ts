import type { Defaults } from "~/apis/api.ts";
import { chat } from "~/apis/openai-chat/index.ts";
import type { Clock } from "~/clock.ts";
import type { Resolve } from "~/credentials/address.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import { Leaving } from "~/left.ts";
import { blankFacts } from "~/record/record.ts";
import type { Account } from "./account.ts";
import { attempt, type Patiences } from "./attempt.ts";
import { tellStream } from "./conversation.ts";
import { createWatcher } from "./observe.ts";
import { fromFirstWord } from "./stream.ts";

/** One thing that was looked at. */
export interface ProbeStep {
  step: "address" | "connection" | "credential" | "model" | "stream";
  /** Null: it could not be told from here. */
  ok: boolean | null;
  /** What was found, or what is wrong and what to do about it. */
  says: string;
}

export interface ProbeReport {
  upstream: string;
  credential: string;
  ok: boolean;
  steps: ProbeStep[];
}

export type Probe = (account: Account) => Promise<ProbeReport>;

/** Looks at an account from the outside in, and stops at the first wall: DNS, TLS, credential, model, one stream. */
export function createProbe(parts: {
  clock: Clock;
  /** Null where names are a proxy's business. */
  resolve: Resolve | null;
  defaults: Defaults;
}): Probe {
  const { clock, resolve, defaults } = parts;
  return async (account) => {
    const { upstream } = account;
    const steps: ProbeStep[] = [];
    const add = (step: ProbeStep["step"], ok: boolean | null, says: string) => void steps.push({ step, ok, says });
    const report = () => ({
      upstream: upstream.name,
      credential: account.name,
      ok: steps.every((step) => step.ok !== false),
      steps,
    });
    const { hostname } = new URL(upstream.url);
    if (resolve !== null) {
      const found = await resolve(hostname.replace(/^\[|\]$/g, "")).catch(() => null);
      if (found === null) add("address", false, `The host ${hostname} has no address (DNS): check its spelling.`);
      else add("address", true, `${hostname} is ${found.join(", ")}.`);
      if (found === null) return report();
    }

    try {
      const ids = await upstream.fetchIds(account.pool);
      add("connection", true, `${upstream.url} answers.`);
      add("credential", true, ids.length > 0 ? `It lists ${ids.length} models.` : "It was not refused.");
    } catch (thrown) {
      const error = readList(thrown);
      if (error.kind === "upstream_unreachable" || error.kind === "upstream_timeout") {
        add("connection", false, error.message);
        return report();
      }
      add("connection", true, `${upstream.url} answers.`);
      const isRefused = ["upstream_auth_failed", "upstream_account", "upstream_challenge"].includes(error.kind);
      add("credential", isRefused ? false : null, isRefused ? inWords(error) : `It lists no models: ${error.message}`);
      if (isRefused) return report();
    }

    const found = await pickModel(account, defaults.model);
    if (found === null) {
      add(
        "model",
        false,
        `It may be asked neither for ${defaults.model} nor for a model that it lists: set MODEL_NAME to one of its own.`,
      );
      return report();
    }
    add("model", true, `${found.name} is ${found.model.id} there.`);
    const since = clock.tick();
    try {
      await askOnce(account, found.model);
      add("stream", true, `The first word came after ${Math.round(clock.tick() - since)} ms.`);
    } catch (thrown) {
      add("stream", false, inWords(toGatewayError(thrown)));
    }
    return report();
  };

  async function askOnce(account: Account, model: { id: string; name: string }): Promise<void> {
    const leaving = new Leaving();
    const body = { model: model.name, stream: true, max_tokens: 16, messages: [{ role: "user", content: "Say: ok" }] };
    const ask = chat.read(JSON.stringify(body), new Headers(), defaults, 0);
    const credential = await account.pool.take(leaving.signal);
    const place = { upstream: account.upstream, model };
    const asked = { ask, facts: blankFacts(), id: "chatcmpl-probe" };
    const line = { clock, patience: patiences };
    const heard = await attempt(place, credential, chat, asked, line, leaving.signal);
    if ("error" in heard) throw heard.error;
    const { said } = heard;
    const watcher = createWatcher(chat.own, clock);
    const { rest } = await fromFirstWord(tellStream(said.body, { ...said, api: chat }, said.telling, watcher), watcher);
    leaving.abort("heard enough");
    await rest.return("").catch(() => {});
  }
}

/** The default model where the account serves it, else the first that is listed and that it serves. */
async function pickModel({ upstream: { catalogue }, serves }: Account, preferred: string) {
  for (const name of [preferred, ...(await catalogue.list())]) {
    const found = await catalogue.find(name).catch(() => null);
    if (found && serves([name, found.model.id, found.model.name])) return { name, model: found.model };
  }
  return null;
}

const patiences: Patiences = { headersMs: 30_000, idleMs: 30_000, totalMs: 60_000, mediaMs: 60_000 };

function readList(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError("upstream_error", "its model list makes no sense", { cause: thrown });
}

/** What the owner can do about it, where the error itself does not say. */
function inWords(error: GatewayError): string {
  const more: Partial<Record<GatewayError["kind"], string>> = {
    upstream_auth_failed:
      "Check that the key is whole, and of this very address: those of api.z.ai, open.bigmodel.cn and a coding plan are not interchangeable.",
    upstream_account: "See at the provider's console what is wrong with the account.",
    insufficient_quota: "Top up, wait for the window to begin anew, or check that the key belongs to this address.",
    model_not_available: "Another model or plan may do: the account must include this one.",
    upstream_rate_limited: "The account is busy: that is no fault of the settings.",
    upstream_overloaded: "Z.ai is overloaded: that is no fault of the settings.",
  };
  const hint = more[error.kind];
  return hint ? `${error.message}. ${hint}` : error.message;
}
