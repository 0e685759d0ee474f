import type { Clock } from "~/clock.ts";
import { createPool, noGuest, type Pool } from "~/credentials/pool.ts";
import type { Shown } from "~/credentials/upstreams.ts";
import { GatewayError } from "~/errors.ts";
import { type Left, neverLeft } from "~/left.ts";
import type { Dialect, Door, Outgoing, Target } from "~/upstreams/upstream.ts";
import type { Call } from "./call.ts";
import { createCatalogue, type OwnCatalogue } from "./catalogue.ts";

/** Somewhere that models can be asked. */
export interface Upstream {
  /** In lists: `environment`, or the name that its owner gave it. */
  readonly name: string;
  /** In rows and errors; for the environment's it is the dialect. */
  readonly label: string;
  readonly dialect: Dialect;
  readonly url: string;
  /** Whether zgate chose the base itself, so that a refused key may belong to another one. */
  readonly baseIsDefault: boolean;
  /** Doors that were knocked at and are not there: nobody knocks again before the next start. */
  readonly absent: Set<Door>;
  readonly catalogue: OwnCatalogue;
  /** The way to it. */
  readonly call: Call;
  /** What is shown it: tokens in their order, and guests where `guestsAllowed` and the upstream knows them. */
  createPool(tokens: readonly Shown[]): Pool;
  /** Asks for the ids of its models, as the holder of this pool. */
  fetchIds(pool: Pool): Promise<string[]>;
}

export interface UpstreamWishes {
  name: string;
  label: string;
  dialect: Dialect;
  url: string;
  baseIsDefault: boolean;
  guestsAllowed: boolean;
  guestTtlMs: number;
  modelName: string;
  listTtlMs: number;
}

/** The small questions beside the answers: a guest token, the model list. Ten seconds is long for these. */
const briefly = { headersMs: 10_000, idleMs: 10_000, totalMs: 10_000 };
const longestSmallAnswer = 4 * 1024 * 1024;

/** `holder` gives the pool that the model list is asked with; null where nobody may ask just now. */
export function createUpstream(wishes: UpstreamWishes, holder: () => Pool | null, call: Call, clock: Clock): Upstream {
  const { name, label, dialect, url, baseIsDefault, guestsAllowed, guestTtlMs, modelName, listTtlMs } = wishes;
  const { guest } = dialect;

  const fetchText = async (outgoing: Outgoing, target: Target, left: Left): Promise<string> => {
    const answer = await call(outgoing, target.upstream, briefly, left);
    const text = await readText(answer.body, target.upstream);
    if (answer.status === 200) return text;
    const { status, contentType } = answer;
    throw dialect.failure({ status, contentType, text, target, at: clock.now(), hasMedia: false, baseIsDefault });
  };

  const fetchGuest = async (target: Target, left: Left): Promise<string> => {
    const text = await fetchText(guest!.ask(target), target, left).catch((error: unknown) => {
      throw error instanceof GatewayError && error.kind === "upstream_auth_failed"
        ? noGuest(target.upstream, error)
        : error;
    });
    const fresh = guest!.read(text);
    if (fresh === null) throw noGuest(target.upstream);
    return fresh;
  };

  const fetchIds = async (pool: Pool): Promise<string[]> => {
    const { target } = await pool.take(neverLeft);
    const question = dialect.modelList(target);
    if (question === null) return [];
    const { data } = JSON.parse(await fetchText(question, target, neverLeft)) as { data?: { id?: unknown }[] };
    return (data ?? []).map(({ id }) => id).filter((id) => typeof id === "string");
  };

  const fetchOwnIds = async () => {
    const pool = holder();
    return pool === null ? [] : fetchIds(pool);
  };
  // What an unknown name becomes is settled where all upstreams have been asked.
  const catalogue = createCatalogue(dialect, { modelName, fallback: null, fetchIds: fetchOwnIds, listTtlMs }, clock);
  return {
    name,
    label,
    dialect,
    url,
    baseIsDefault,
    absent: new Set(),
    catalogue,
    call,
    createPool: (tokens) =>
      createPool(
        { upstream: label, url, tokens, fetchGuest: guest && guestsAllowed ? fetchGuest : null, guestTtlMs },
        clock,
      ),
    fetchIds,
  };
}

async function readText(body: AsyncIterable<Uint8Array>, upstream: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > longestSmallAnswer) {
      throw new GatewayError("upstream_error", `The upstream ${upstream} answered a small question with far too much`);
    }
  }
  return text + decoder.decode();
}
