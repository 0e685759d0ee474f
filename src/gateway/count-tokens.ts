import type { Api } from "~/apis/api.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import { estimateTokens } from "~/chat/usage.ts";
import { GatewayError } from "~/errors.ts";
import { requireRight } from "~/keys/verify.ts";
import { attempt } from "./attempt.ts";
import { readBody } from "./body.ts";
import { estimatePrompt, tellWhole } from "./conversation.ts";
import { complete, type Exchange, identify, onRecord, type Visitor } from "./exchange.ts";
import type { Line } from "./forward.ts";

/**
 * `POST /v1/messages/count_tokens`: the upstream's own number where it counts, else an estimate. The header
 * `x-zgate-token-count` says which of the two it is.
 */
export function createTokenCount(line: Line, api: Api) {
  return (request: Request, visitor: Visitor): Promise<Response> =>
    onRecord(line, request, visitor, api, async (exchange) => {
      requireRight(identify(line, exchange), "inference");
      line.requireRunning();
      const bytes = await readBody(request, line.body);
      const ask = api.read(bytes, request.headers, line.defaults, exchange.record.facts.keyId);
      Object.assign(exchange.record.facts, { bytesIn: bytes.length, modelAsked: ask.model });
      const counted = await countUpstream(line, exchange, ask);
      const text = counted ?? JSON.stringify({ input_tokens: estimate(ask) });
      const response = await complete(line, exchange, text);
      response.headers.set("x-zgate-token-count", counted === null ? "estimated" : "upstream");
      return response;
    });
}

/** Null where the upstream does not count, or does not now: a rough number is of more use than none. */
async function countUpstream(line: Line, exchange: Exchange<Api>, ask: ChatAsk): Promise<string | null> {
  const { facts, requestId } = exchange.record;
  const { model } = await line.catalogue.find(ask.model, ask.alias);
  Object.assign(facts, { modelServed: model.id, upstream: line.upstream.dialect.name });
  const { signal } = exchange.left;
  try {
    const asked = { ask, model, facts, id: requestId };
    const { body, telling, door } = await attempt(line.upstream, exchange.api, asked, line, signal);
    const pair = { api: exchange.api, dialect: line.upstream.dialect, door };
    return (await tellWhole(body, pair, telling)).text;
  } catch (error) {
    const mayGuess = error instanceof GatewayError && (error.fault === "upstream" || error.kind === "not_supported");
    if (!mayGuess || signal.aborted) throw error;
    return null;
  }
}

function estimate(ask: ChatAsk): number {
  const { tools } = ask.body;
  return estimatePrompt(ask) + (tools === undefined ? 0 : estimateTokens(JSON.stringify(tools)));
}
