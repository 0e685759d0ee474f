import type { Clock } from "~/clock.ts";
import { createPool, noGuest, type Pool } from "~/credentials/pool.ts";
import { GatewayError } from "~/errors.ts";
import type { Dialect, Outgoing, Target } from "~/upstreams/upstream.ts";
import type { Upstream } from "./attempt.ts";
import type { Call } from "./call.ts";

interface Wanted {
  dialect: Dialect;
  url: string;
  token: string | null;
  baseIsDefault: boolean;
  guestsAllowed: boolean;
  guestTtlMs: number;
}

/** The small questions beside the answers: a guest token, the model list. Ten seconds is long for these. */
const briefly = { headersMs: 10_000, idleMs: 10_000, totalMs: 10_000 };

export function createUpstream(
  wanted: Wanted,
  call: Call,
  clock: Clock,
): Upstream & { fetchIds: () => Promise<string[]> } {
  const { dialect, url, token, baseIsDefault, guestsAllowed, guestTtlMs } = wanted;
  const { guest } = dialect;

  const fetchText = async (outgoing: Outgoing, target: Target, left: AbortSignal): Promise<string> => {
    const answer = await call(outgoing, target.upstream, briefly, left);
    const text = await new Response(toStream(answer.body)).text();
    if (answer.status === 200) return text;
    const { status, contentType } = answer;
    throw dialect.failure({ status, contentType, text, target, at: clock.now(), hasMedia: false, baseIsDefault });
  };

  const fetchGuest = async (target: Target, left: AbortSignal): Promise<string> => {
    const text = await fetchText(guest!.ask(target), target, left).catch((error: unknown) => {
      throw error instanceof GatewayError && error.kind === "upstream_auth_failed"
        ? noGuest(target.upstream, error)
        : error;
    });
    const fresh = guest!.read(text);
    if (fresh === null) throw noGuest(target.upstream);
    return fresh;
  };

  const pool: Pool = createPool(
    { upstream: dialect.name, url, token, fetchGuest: guest && guestsAllowed ? fetchGuest : null, guestTtlMs },
    clock,
  );

  return {
    dialect,
    pool,
    baseIsDefault,
    absent: new Set(),
    async fetchIds() {
      const { target } = await pool.take(neverLeft);
      const question = dialect.modelList(target);
      if (question === null) return [];
      const { data } = JSON.parse(await fetchText(question, target, neverLeft)) as { data?: { id?: unknown }[] };
      return (data ?? []).map(({ id }) => id).filter((id) => typeof id === "string");
    },
  };
}

const neverLeft = new AbortController().signal;

function toStream(body: AsyncIterable<Uint8Array>): BodyInit {
  return body as unknown as BodyInit;
}
