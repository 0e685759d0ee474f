import type { Defaults } from "~/apis/api.ts";
import { chat } from "~/apis/openai-chat/index.ts";
import type { Clock } from "~/clock.ts";
import type { Language, Text } from "~/config/text.ts";
import type { Resolve } from "~/credentials/address.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import { Leaving } from "~/left.ts";
import { blankFacts } from "~/record/record.ts";
import type { Account } from "./account.ts";
import { advice } from "./advice.ts";
import { attempt, type Patiences } from "./attempt.ts";
import { reasonOf } from "./health.ts";
import { Watcher } from "./observe.ts";
import { fromFirstWord } from "./stream.ts";
import { tellStream } from "./tell-stream.ts";

/** One thing that was looked at. */
export interface ProbeStep {
  step: "address" | "connection" | "credential" | "model" | "stream";
  /** Null: it could not be told from here. */
  ok: boolean | null;
  /** What was found, or what is wrong and what to do about it, in the language of who asked. */
  says: string;
}

export interface ProbeReport {
  upstream: string;
  credential: string;
  ok: boolean;
  steps: ProbeStep[];
}

export type Probe = (account: Account, language: Language) => Promise<ProbeReport>;

/** Looks at an account from the outside in, and stops at the first wall: DNS, TLS, credential, model, one stream. */
export function createProbe(parts: {
  clock: Clock;
  /** Null where names are a proxy's business. */
  resolve: Resolve | null;
  defaults: Defaults;
  /** A model of an account answered: whatever kept requests from it is over. */
  answered(accountId: string, model: string): void;
}): Probe {
  const { clock, resolve, defaults, answered } = parts;
  return async (account, language) => {
    const { upstream } = account;
    const steps: ProbeStep[] = [];
    const add = (step: ProbeStep["step"], ok: boolean | null, says: Text) =>
      void steps.push({ step, ok, says: says[language] });
    const report = () => ({
      upstream: upstream.name,
      credential: account.name,
      ok: steps.every((step) => step.ok !== false),
      steps,
    });
    const { hostname } = new URL(upstream.url);
    if (resolve !== null) {
      const found = await resolve(hostname.replace(/^\[|\]$/g, "")).catch(() => null);
      if (found === null) {
        add("address", false, {
          en: `The host ${hostname} has no address (DNS): check its spelling.`,
          zh: `主机 ${hostname} 没有地址（DNS）：请检查拼写。`,
        });
        return report();
      }
      const addresses = found.join(", ");
      add("address", true, { en: `${hostname} is ${addresses}.`, zh: `${hostname} 的地址为 ${addresses}。` });
    }

    const answers: Text = { en: `${upstream.url} answers.`, zh: `${upstream.url} 有应答。` };
    try {
      const ids = await upstream.fetchIds(account.pool);
      add("connection", true, answers);
      const listed: Text = { en: `It lists ${ids.length} models.`, zh: `列出 ${ids.length} 个模型。` };
      add("credential", true, ids.length > 0 ? listed : { en: "It was not refused.", zh: "未被拒绝。" });
    } catch (thrown) {
      const error = readList(thrown);
      if (error.kind === "upstream_unreachable" || error.kind === "upstream_timeout") {
        add("connection", false, wordsOf(error));
        return report();
      }
      add("connection", true, answers);
      const isRefused = ["upstream_auth_failed", "upstream_account", "upstream_challenge"].includes(error.kind);
      if (isRefused) {
        add("credential", false, inWords(error));
        return report();
      }
      add("credential", null, { en: `It lists no models: ${error.message}`, zh: `没有列出模型：${error.zh}` });
    }

    const found = await pickModel(account, defaults.model);
    if (found === null) {
      add("model", false, {
        en: `It may be asked neither for ${defaults.model} nor for a model that it lists: set MODEL_NAME to one of its own.`,
        zh: `${defaults.model} 和它列出的模型都不可用：请把 MODEL_NAME 设为它自己的模型。`,
      });
      return report();
    }
    const { name, model } = found;
    add("model", true, { en: `${name} is ${model.id} there.`, zh: `${name} 在那里是 ${model.id}。` });
    const since = clock.tick();
    const { health } = account.slot(model.id);
    try {
      await askOnce(account, model);
      const ms = Math.round(clock.tick() - since);
      health.note(true, ms, clock.now(), clock.tick());
      answered(account.id, model.id);
      add("stream", true, { en: `The first word came after ${ms} ms.`, zh: `${ms} 毫秒后收到首字。` });
    } catch (thrown) {
      const error = toGatewayError(thrown);
      health.failedWith(reasonOf(error));
      health.note(false, null, clock.now(), clock.tick());
      add("stream", false, inWords(error));
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
    const watcher = new Watcher(chat.own, clock);
    const saying = tellStream(said.body, { ...said, api: chat }, said.telling, watcher);
    await fromFirstWord(saying, watcher);
    leaving.abort("heard enough");
    saying.leave();
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
  return new GatewayError("upstream_error", "its model list makes no sense", { zh: "模型列表无法识别", cause: thrown });
}

/** What the owner can do about it, where the error itself does not say. */
function inWords(error: GatewayError): Text {
  const hint = advice[error.kind];
  const { en, zh } = wordsOf(error);
  return hint ? { en: `${en}. ${hint.en}`, zh: `${zh}。${hint.zh}` } : { en, zh };
}

function wordsOf({ message, zh }: GatewayError): Text {
  return { en: message, zh };
}
