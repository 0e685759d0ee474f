import { costNano, type Price } from "~/chat/prices.ts";
import { errorKinds } from "~/errors.ts";
import { type NameKind, otherId } from "../../drizzle/names.ts";
import { currencies } from "../../drizzle/requests.ts";
import { capped, type Names, type Whose } from "./names.ts";
import { type Arrival, type Facts, outcomes, tokenSources } from "./record.ts";
import { slotAt as at, beginSlots, type RowLoad, rowSlots, type Texts } from "./row.ts";
import type { SharedRow } from "./shared.ts";

/** What a row is made of. */
export interface RowState {
  readonly id: number;
  /** How far the clock stood behind the id. */
  readonly skewMs: number;
  readonly arrival: Arrival;
  readonly facts: Facts;
  /** The number of `outcomes`. */
  outcome: number;
  endedTick: number;
}

/** What a model costs, by its official name; null where nobody knows. */
export type PriceOf = (model: string) => Price | null;

/** Turns records into the load that the writer's thread takes: rows that begin, rows that end, rows that count many. */
export function encode(
  names: Names,
  priceOf: PriceOf,
  running: RowState[],
  ended: RowState[],
  counted: SharedRow[],
  drops: number[],
): RowLoad {
  const begins = new Float64Array(running.length * beginSlots.length);
  const beginTexts: Texts = [];
  running.forEach((row, index) => {
    // Whose words these are is not known yet: what is new waits for the end.
    writeBegin(names, begins, index * beginSlots.length, row, "refused");
    addTexts(beginTexts, index, row.arrival.clientRequestId, "");
  });

  const ends = new Float64Array((ended.length + counted.length) * rowSlots.length);
  const endTexts: Texts = [];
  ended.forEach((row, index) => {
    writeEnd(names, priceOf, ends, index * rowSlots.length, row);
    addTexts(endTexts, index, row.arrival.clientRequestId, row.facts.errorText);
  });
  counted.forEach((row, index) => {
    writeShared(ends, (ended.length + index) * rowSlots.length, row);
  });
  return { begins, beginTexts, ends, endTexts, drops, newNames: names.takeNew() };
}

function writeBegin(names: Names, rows: Float64Array, offset: number, row: RowState, whose: Whose): void {
  const { arrival } = row;
  rows[offset + at.id] = row.id;
  rows[offset + at.skewMs] = whole(row.skewMs);
  rows[offset + at.methodId] = names.idOf("method", arrival.method, whose);
  rows[offset + at.pathId] = names.idOf("path", arrival.path, whose);
  rows[offset + at.apiId] = names.idOf("api", arrival.api, "known");
  rows[offset + at.addressId] = names.idOf("address", arrival.address, whose);
  rows[offset + at.userAgentId] = names.userAgentId(arrival.userAgent, whose);
}

function writeEnd(names: Names, priceOf: PriceOf, rows: Float64Array, offset: number, row: RowState): void {
  const { arrival, facts } = row;
  const whose = whoseWords(row);
  const start = arrival.acceptedTick;
  const durationMs = row.endedTick - start;
  const hasTokens = facts.tokenSource !== "none";
  writeBegin(names, rows, offset, row, whose);
  rows[offset + at.outcome] = row.outcome;
  rows[offset + at.requests] = 1;
  rows[offset + at.keyId] = facts.keyId || none;
  rows[offset + at.secretId] = facts.secretId || none;
  rows[offset + at.modelAskedId] = named(names, "model", facts.modelAsked, whose);
  rows[offset + at.modelServedId] = named(names, "model", facts.modelServed, whose);
  rows[offset + at.upstreamId] = named(names, "upstream", facts.upstream, whose);
  rows[offset + at.credentialId] = named(names, "credential", facts.credential, whose);
  rows[offset + at.stream] = facts.stream ? 1 : 0;
  rows[offset + at.status] = whole(facts.status) || none;
  rows[offset + at.errorKind] = facts.errorKind === null ? none : errorKinds[facts.errorKind].code;
  rows[offset + at.attempts] = whole(facts.attempts);
  rows[offset + at.queuedMs] = whole(facts.queuedMs);
  rows[offset + at.upstreamHeadersMs] = since(start, facts.upstreamHeadersTick);
  rows[offset + at.firstTokenMs] = since(start, facts.firstTokenTick);
  rows[offset + at.durationMs] = whole(durationMs);
  rows[offset + at.overheadUs] = whole((durationMs - facts.queuedMs - facts.upstreamMs) * 1000);
  rows[offset + at.tokensIn] = hasTokens ? whole(facts.tokensIn) : none;
  rows[offset + at.tokensOut] = hasTokens ? whole(facts.tokensOut) : none;
  rows[offset + at.tokensCached] = hasTokens ? whole(facts.tokensCached) : none;
  rows[offset + at.tokensReasoning] = hasTokens ? whole(facts.tokensReasoning) : none;
  rows[offset + at.tokenSource] = tokenSources[facts.tokenSource];
  rows[offset + at.bytesIn] = whole(facts.bytesIn);
  rows[offset + at.bytesOut] = whole(facts.bytesOut);
  const price = hasTokens ? priceOf(facts.modelServed || facts.modelAsked) : null;
  rows[offset + at.costNano] = price === null ? none : costNano(price, tokensOf(facts));
  rows[offset + at.costCurrency] = price === null ? none : currencies[price.currency];
}

function tokensOf({ tokensIn, tokensCached, tokensOut }: Facts): { in: number; cached: number; out: number } {
  return { in: whole(tokensIn), cached: whole(tokensCached), out: whole(tokensOut) };
}

/** No words and no times: it stands for many. The number is absolute, so that writing it twice changes nothing. */
function writeShared(rows: Float64Array, offset: number, row: SharedRow): void {
  rows.fill(none, offset, offset + rowSlots.length);
  rows[offset + at.id] = row.id;
  rows[offset + at.skewMs] = whole(row.skewMs);
  rows[offset + at.methodId] = otherId;
  rows[offset + at.pathId] = otherId;
  rows[offset + at.apiId] = otherId;
  rows[offset + at.addressId] = row.addressId;
  rows[offset + at.userAgentId] = otherId;
  rows[offset + at.outcome] = outcomes[row.outcome];
  rows[offset + at.requests] = row.requests;
  rows[offset + at.stream] = 0;
  if (row.errorKind !== null) {
    rows[offset + at.status] = errorKinds[row.errorKind].status;
    rows[offset + at.errorKind] = errorKinds[row.errorKind].code;
  }
  rows[offset + at.attempts] = 0;
  rows[offset + at.tokenSource] = tokenSources.none;
  rows[offset + at.bytesIn] = 0;
  rows[offset + at.bytesOut] = 0;
}

/** NULL, on its way to the writer's thread. */
const none = -1;

function addTexts(texts: Texts, index: number, clientRequestId: string | undefined, errorText: string): void {
  if (!clientRequestId && !errorText) return;
  texts.push([index, clientRequestId ? capped(clientRequestId) : null, errorText ? capped(errorText) : null]);
}

function whoseWords(row: RowState): Whose {
  if (row.facts.keyId !== 0) return "known";
  return row.outcome === outcomes.rejected ? "refused" : "stranger";
}

function named(names: Names, kind: NameKind, value: string, whose: Whose): number {
  return value === "" ? none : names.idOf(kind, value, whose);
}

/** A whole number of what is counted, whatever an upstream claims: never negative, never NaN, never beyond 2^53. */
function whole(value: number): number {
  if (!(value > 0)) return 0;
  return Math.min(Math.round(value), Number.MAX_SAFE_INTEGER);
}

function since(start: number, tick: number): number {
  return tick === 0 ? none : whole(tick - start);
}
