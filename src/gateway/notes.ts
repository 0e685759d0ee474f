import type { Api } from "~/apis/api.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import type { Piece } from "~/wire/sink.ts";
import type { Door, Place } from "./admit.ts";
import type { Count } from "./counting.ts";
import type { Exchange } from "./exchange.ts";

/** Takes a place among the requests in flight, and writes down how long that took. */
export async function enter(line: { door: Door }, { record, left }: Exchange): Promise<Place> {
  const place = await line.door.enter(record.facts.keyId, left.signal);
  record.facts.queuedMs += place.queuedMs;
  return place;
}

/** For an API whose later requests may name this answer. */
export function remember({ api, record, tape }: Exchange<Api>, said: Piece, ask: ChatAsk): void {
  if (!api.remember) return;
  const text = typeof said === "string" ? said : Buffer.from(said).toString();
  api.remember(text, ask, record.facts.keyId, tape?.secrets());
}

/** Writes down what an answer came to. */
export function note({ record }: Exchange, { tokens, isEstimated }: Count): void {
  const { facts } = record;
  facts.tokensIn = tokens.in;
  facts.tokensOut = tokens.out;
  facts.tokensCached = tokens.cached;
  facts.tokensReasoning = tokens.reasoning;
  facts.tokenSource = isEstimated ? "estimated" : "upstream";
}
