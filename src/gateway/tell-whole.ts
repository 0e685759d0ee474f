import type { Api, Glimpse, OwnWords } from "~/apis/api.ts";
import type { ChatCompletion } from "~/chat/chat.ts";
import { demandsCall } from "~/chat/tools.ts";
import { estimatedUsage, estimateTokens, readUsage } from "~/chat/usage.ts";
import { wrongEnd } from "~/upstreams/finish.ts";
import type { Dialect, Door, Telling } from "~/upstreams/upstream.ts";
import type { AnswerBody } from "./answer-body.ts";
import { type Count, estimate, estimatePrompt } from "./counting.ts";
import { collectFrom } from "./gather.ts";
import { closedEarly, inStream, mended, type Pair, translationOf } from "./pair.ts";

/** The upstream's whole answer as the client's. Throws `upstream_incomplete` where it is not whole. */
export async function tellWhole(
  body: AnswerBody,
  { api, dialect, door }: Pair,
  telling: Telling,
): Promise<{ text: string; count: Count }> {
  if (door !== dialect.chat) {
    return tellOwnWhole((await body.whole(maxAnswerBytes)).toString(), api, dialect, door, telling);
  }

  const { ask, target } = telling;
  const said = door.alwaysStreams
    ? null
    : readCompletion((await body.whole(maxAnswerBytes)).toString(), dialect, telling);
  const text = said && (await dialect.chat.completion(said.text, telling));
  const completion =
    said === null
      ? await collectFrom(body, door, telling)
      : text === said.text
        ? said.completion
        : (JSON.parse(text!) as ChatCompletion);
  if (!completion?.choices.every(({ finish_reason }) => finish_reason)) throw closedEarly(target.upstream);

  const tokens = readUsage(completion.usage);
  const count = tokens ? { tokens, isEstimated: false } : { tokens: estimate(ask, completion), isEstimated: true };
  const isAsSaid = text !== null && tokens !== null && api.name === "chat" && ask.thinkMode === "reasoning";
  if (isAsSaid) return { text, count };
  const usage = tokens ? completion.usage : estimatedUsage(count.tokens);
  return { text: translationOf(api).tellWhole({ ...completion, usage }, ask, telling), count };
}

/** No answer of a chat model comes near this; what does is no answer. */
const maxAnswerBytes = 64 * 1024 * 1024;

async function tellOwnWhole(
  said: string,
  api: Api,
  dialect: Dialect,
  door: Door,
  telling: Telling,
): Promise<{ text: string; count: Count }> {
  const glimpse = glimpseWhole(said, api.own);
  if (glimpse === null || glimpse.isError) throw dialect.failure(inStream(said, telling));
  if (!glimpse.isFinished) throw closedEarly(telling.target.upstream);
  const { ask, target } = telling;
  const { finish: reason, hasCalls } = glimpse;
  const wrong = wrongEnd({ reason, hasCalls, mustCall: demandsCall(ask.body) }, target.upstream);
  if (wrong !== null) throw wrong;
  const { in: asked, out: answered, cached = 0, reasoning = 0 } = glimpse.tokens ?? {};
  const tokens = {
    in: asked ?? estimatePrompt(ask),
    out: answered ?? estimateTokens([said]),
    cached,
    reasoning,
  };
  return {
    text: mended(await door.completion(said, telling), api.own),
    count: { tokens, isEstimated: glimpse.tokens === null },
  };
}

function glimpseWhole(said: string, own: OwnWords): Glimpse | null {
  try {
    return own.glimpseWhole(said);
  } catch {
    // Not even JSON: the dialect says what that means, as for any success that holds no answer.
    return null;
  }
}

function readCompletion(
  text: string,
  dialect: Dialect,
  telling: Telling,
): { text: string; completion: ChatCompletion } {
  let completion: ChatCompletion | null;
  try {
    completion = JSON.parse(text);
  } catch {
    completion = null;
  }
  // A success that holds no answer: an inline error, or somebody's web page.
  if (!Array.isArray(completion?.choices)) throw dialect.failure(inStream(text, telling));
  return { text, completion };
}
