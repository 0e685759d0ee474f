import type { Api } from "~/apis/api.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import { estimateTokens } from "~/chat/usage.ts";
import { GatewayError } from "~/errors.ts";
import { requireRight } from "~/keys/verify.ts";
import { readBody } from "./body.ts";
import { estimatePrompt } from "./counting.ts";
import { complete, type Exchange, identify, listen, onRecord, type Visitor } from "./exchange.ts";
import type { Asked, Line } from "./forward.ts";
import { reserve } from "./reserve.ts";
import { tellWhole } from "./tell-whole.ts";
import { Tries } from "./tries.ts";

/**
 * `POST /v1/messages/count_tokens`: the upstream's own number where it counts, else an estimate. The header
 * `x-zgate-token-count` says which of the two it is.
 */
export function createTokenCount(line: Line, api: Api) {
  return (request: Request, visitor: Visitor): Promise<Response> =>
    onRecord(line, request, visitor, api, async (exchange) => {
      const verified = identify(line, exchange);
      const tape = listen(line, exchange, verified);
      requireRight(verified, "inference");
      line.requireRunning();
      const body = await readBody(request, line.body);
      tape?.asked(body.sent);
      const ask = api.read(body.sent, request.headers, line.defaults, verified.keyId);
      Object.assign(exchange.record.facts, { bytesIn: body.size, modelAsked: ask.model });
      const routes = await line.fleet.routes(ask.model, ask.alias, () => false);
      // It is a request like any other; that its answer costs no tokens is the upstream's word.
      exchange.reservation = reserve(line, verified, ask, routes[0]!.model, 0);
      const counted = await countUpstream(line, exchange, { ask, routes });
      const text = counted ?? JSON.stringify({ input_tokens: estimate(ask) });
      const response = await complete(line, exchange, text);
      response.headers.set("x-zgate-token-count", counted === null ? "estimated" : "upstream");
      return response;
    });
}

/** Null where the upstream does not count, or does not now: a rough number is of more use than none. */
async function countUpstream(line: Line, exchange: Exchange<Api>, asked: Asked): Promise<string | null> {
  const tries = new Tries(line, exchange, asked);
  try {
    const counted = await tries.until((said) => tellWhole(said.body, { ...said, api: exchange.api }, said.telling));
    return counted.text;
  } catch (error) {
    const mayGuess = error instanceof GatewayError && (error.fault === "upstream" || error.kind === "not_supported");
    if (!mayGuess || exchange.left.signal.aborted) throw error;
    return null;
  } finally {
    tries.over();
  }
}

function estimate(ask: ChatAsk): number {
  const { tools } = ask.body;
  return estimatePrompt(ask) + (tools === undefined ? 0 : estimateTokens([JSON.stringify(tools)]));
}
