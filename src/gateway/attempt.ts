import type { Api } from "~/apis/api.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import { readFormat } from "~/chat/format.ts";
import { hasMedia } from "~/chat/media.ts";
import type { Clock } from "~/clock.ts";
import type { Credential } from "~/credentials/pool.ts";
import { GatewayError } from "~/errors.ts";
import type { Left } from "~/left.ts";
import type { Facts } from "~/record/record.ts";
import type { Dialect, Door, Outgoing, Telling, UpstreamModel } from "~/upstreams/upstream.ts";
import type { AnswerBody } from "./answer-body.ts";
import type { Answer, Patience } from "./call.ts";
import { fitMedia, type MediaRules, needsFitting } from "./media.ts";
import type { Upstream } from "./upstream.ts";

export interface Patiences {
  headersMs: number;
  idleMs: number;
  totalMs: number;
  mediaMs: number;
}

/** An answer worth telling: its head has said success, its body is still to come. */
export interface Said {
  telling: Telling;
  dialect: Dialect;
  /** Through which it was asked for. */
  door: Door;
  body: AnswerBody;
}

/** What a call came to: an answer worth telling, or why there is none. */
export type Heard = { said: Said } | Refused;

export interface Refused {
  error: GatewayError;
  /** HTTP; null where no head came. */
  status: number | null;
  /** The upstream's own word on when to come back (`Retry-After`), in milliseconds; null where it gave none. */
  toldMs: number | null;
}

/** What saying a request takes. */
interface Means {
  clock: Clock;
  patience: Patiences;
  /** Absent where nothing but text is ever said. */
  media?: MediaRules;
}

/** Says a request to one account's upstream and hears the head of the answer. Throws when the client leaves. */
export async function attempt(
  { upstream, model }: { upstream: Upstream; model: UpstreamModel },
  credential: Credential,
  api: Api,
  { ask: asked, facts, id, headers }: { ask: ChatAsk; facts: Facts; id: string; headers?: Record<string, string> },
  { clock, patience, media }: Means,
  left: Left,
): Promise<Heard> {
  const { dialect, baseIsDefault, absent, call } = upstream;
  const { target } = credential;

  const send = (said: Outgoing, ask: ChatAsk) => {
    const outgoing = headers ? { ...said, headers: { ...said.headers, ...headers } } : said;
    return call(outgoing, target.upstream, patienceFor(ask, patience), left);
  };
  const read = (ask: ChatAsk, { status, contentType }: Answer, text: string) =>
    dialect.failure({ status, contentType, text, target, at: clock.now(), hasMedia: hasMedia(ask), baseIsDefault });
  const fetchText = async (outgoing: Outgoing) => {
    const answer = await send(outgoing, asked);
    const text = await readSome(answer.body);
    if (answer.status === 200) return text;
    throw read(asked, answer, text);
  };
  const requestId = id.slice("chatcmpl-".length);
  const isFitted = media !== undefined && needsFitting(asked, dialect, model, media.drops);

  for (;;) {
    const door = findDoor(upstream, api, asked, target.url, isFitted);
    const listener = { dialect, model, target, isOwnDoor: door !== dialect.chat };
    const ask = media
      ? await fitMedia(asked, listener, { rules: media, requestId, isFirst: facts.attempts === 1, fetchText })
      : asked;
    const at = clock.now();
    const telling: Telling = {
      ask,
      model,
      target,
      id,
      created: Math.floor(at / 1000),
      async again(next) {
        facts.attempts++;
        const answer = await send(door.ask({ ...telling, ask: next }, clock.now()), next);
        if (isWhatWasAsked(answer, next.stream || door.alwaysStreams)) return answer.body;
        throw read(next, answer, await readSome(answer.body));
      },
    };
    const answer = await send(door.ask(telling, at), ask);
    facts.upstreamHeadersTick = clock.tick();
    const { status, retryAfter, body } = answer;
    if (isWhatWasAsked(answer, ask.stream || door.alwaysStreams)) return { said: { telling, dialect, door, body } };

    const text = await readSome(body);
    if (door !== dialect.chat && isNoSuchPlace(answer, text)) {
      absent.add(door);
      facts.attempts++;
      continue;
    }
    const error = read(ask, answer, text);
    const toldMs = readRetryAfter(retryAfter, at);
    return { error: honour(error, toldMs), status, toldMs };
  }
}

/**
 * The upstream's own door for an API, or the one for chat, through which the API is translated. Throws `not_supported`
 * where there is neither, and what the request asks for that a translation would have to drop: nothing is made up.
 */
function findDoor({ dialect, absent }: Upstream, api: Api, ask: ChatAsk, url: string, isFitted: boolean): Door {
  const own = dialect[api.name];
  const isThere = own !== undefined && !absent.has(own) && (own.isAt?.(url) ?? true);
  // Media and a form of the answer that zgate itself sees to are seen to in the house language.
  const isSeenTo = isFitted || readFormat(ask, dialect.formats) !== null;
  if (isThere && (api.translation === null || !isSeenTo)) return own;
  if (api.translation !== null) {
    if (ask.untold !== null) throw ask.untold;
    return dialect.chat;
  }
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

/** Seconds or a date, as milliseconds from now. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function readRetryAfter(retryAfter: string | null, at: number): number | null {
  if (retryAfter === null) return null;
  const seconds = Number(retryAfter);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - at;
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

/** The client hears of the upstream's own time rather than of a guess. */
function honour(error: GatewayError, toldMs: number | null): GatewayError {
  if (toldMs === null || error.retryAfterMs === null) return error;
  const { zh, param, upstreamCode, headers, cause } = error;
  const details = { zh, param: param ?? undefined, upstreamCode: upstreamCode ?? undefined, headers, cause };
  return new GatewayError(error.kind, error.message, { ...details, retryAfterMs: toldMs });
}
