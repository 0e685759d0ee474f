import type { Api } from "~/apis/api.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import type { Clock } from "~/clock.ts";
import type { Pool } from "~/credentials/pool.ts";
import { GatewayError } from "~/errors.ts";
import type { Facts } from "~/record/record.ts";
import type { Dialect, Door, Telling, UpstreamModel } from "~/upstreams/upstream.ts";
import type { Answer, Call, Patience } from "./call.ts";
import { hasMedia } from "./conversation.ts";

/** Everything that it takes to ask an upstream. */
export interface Upstream {
  dialect: Dialect;
  pool: Pool;
  /** Whether zgate chose the base itself, so that a refused key may belong to another one. */
  baseIsDefault: boolean;
  /** Doors that were knocked at and are not there: nobody knocks again before the next start. */
  absent: Set<Door>;
}

export interface Patiences {
  headersMs: number;
  idleMs: number;
  totalMs: number;
  mediaMs: number;
}

/** An answer worth telling: its head has said success, its body is still to come. */
export interface Said {
  telling: Telling;
  /** Through which it was asked for. */
  door: Door;
  body: AsyncIterable<Uint8Array>;
}

/** At most this many calls of an upstream for one request. */
const maxTries = 2;

/**
 * Takes a credential, says the request and hears the head of the answer. A credential that is refused is replaced once,
 * since nothing has reached the client yet. Throws what the upstream's refusal means.
 */
export async function attempt(
  upstream: Upstream,
  api: Api,
  { ask, model, facts, id }: { ask: ChatAsk; model: UpstreamModel; facts: Facts; id: string },
  { call, clock, patience }: { call: Call; clock: Clock; patience: Patiences },
  left: AbortSignal,
): Promise<Said> {
  const { dialect, pool, baseIsDefault, absent } = upstream;
  for (;;) {
    facts.attempts++;
    const credential = await pool.take(left);
    const door = findDoor(upstream, api, credential.target.url);
    facts.credential = credential.name;
    const at = clock.now();
    const telling: Telling = { ask, model, target: credential.target, id, created: Math.floor(at / 1000) };
    const outgoing = door.ask(telling, at);
    const answer = await call(outgoing, credential.target.upstream, patienceFor(ask, patience), left);
    facts.upstreamHeadersTick = clock.tick();
    if (isWhatWasAsked(answer, ask.stream || door.alwaysStreams)) return { telling, door, body: answer.body };

    const text = await readSome(answer.body);
    const error = dialect.failure({
      status: answer.status,
      contentType: answer.contentType,
      text,
      target: credential.target,
      at,
      hasMedia: hasMedia(ask),
      baseIsDefault,
    });
    if (door !== dialect.chat && isNoSuchPlace(answer, text)) {
      absent.add(door);
      continue;
    }
    const mayTryAnother = error.kind === "upstream_auth_failed" && facts.attempts < maxTries && pool.refuse(credential);
    if (!mayTryAnother) throw honourRetryAfter(error, answer.retryAfter, at);
  }
}

/**
 * The upstream's own door for an API, or the one for chat, through which the API is translated. Throws `not_supported`
 * where there is neither: nothing is made up.
 */
function findDoor({ dialect, absent }: Upstream, api: Api, url: string): Door {
  const own = dialect[api.name];
  if (own && !absent.has(own) && (own.isAt?.(url) ?? true)) return own;
  if (api.translation !== null) return dialect.chat;
  throw new GatewayError(
    "not_supported",
    `The upstream ${dialect.name} has no ${api.name} API, and zgate makes none up`,
  );
}

// An upstream that only looks like another may lack its further doors. A model that it does not know is another 404, and
// so is a refusal in the door's own words.
function isNoSuchPlace({ status }: Answer, text: string): boolean {
  if (text.includes("404 NOT_FOUND")) return true;
  return (status === 404 || status === 405) && !/model|"type"\s*:\s*"error"|"code"\s*:\s*"?\d{4}\b/i.test(text);
}

function patienceFor(ask: ChatAsk, { headersMs, idleMs, totalMs, mediaMs }: Patiences): Patience {
  if (ask.stream) return { headersMs: hasMedia(ask) ? Math.max(headersMs, mediaMs) : headersMs, idleMs, totalMs: null };
  // A whole answer is silent until it is there: only its total counts.
  const total = hasMedia(ask) ? Math.max(totalMs, mediaMs) : totalMs;
  return { headersMs: total, idleMs: total, totalMs: total };
}

function isWhatWasAsked({ status, contentType }: Answer, streams: boolean): boolean {
  return status === 200 && !(streams ? /json|html/i : /html|event-stream/i).test(contentType);
}

/** Refusals are short; whatever else this is, its beginning tells. */
const maxRefusalBytes = 64 * 1024;

async function readSome(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true });
      if (text.length > maxRefusalBytes) break;
    }
  } catch (error) {
    // The status has said enough; that the refusal broke off as well changes nothing.
    if (!(error instanceof GatewayError)) throw error;
  }
  return text;
}

function honourRetryAfter(error: GatewayError, retryAfter: string | null, at: number): GatewayError {
  if (retryAfter === null || error.retryAfterMs === null) return error;
  const seconds = Number(retryAfter);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - at;
  if (!Number.isFinite(ms) || ms < 0) return error;
  const { param, upstreamCode, headers, cause } = error;
  const details = { param: param ?? undefined, upstreamCode: upstreamCode ?? undefined, headers, cause };
  return new GatewayError(error.kind, error.message, { ...details, retryAfterMs: ms });
}
