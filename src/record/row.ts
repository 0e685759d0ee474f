import type { requests } from "../../drizzle/requests.ts";
import type { NewNames } from "./names.ts";

/**
 * A load for the writer's thread: numbers side by side in one typed array, which is the cheapest thing to hand over
 * (measured: 8 µs a request over both threads, against 14 as JSON). −1 stands for NULL; the few texts travel apart.
 */
export interface RowLoad {
  /** Rows of requests that have just begun, `beginSlots` wide. */
  begins: Float64Array;
  beginTexts: Texts;
  /** Whole rows, `rowSlots` wide. */
  ends: Float64Array;
  endTexts: Texts;
  /** Ids of rows that turned out to be part of a shared one. */
  drops: number[];
  newNames: NewNames | null;
}

/** `[row, clientRequestId, errorText]` of the rows that have one of them, in the order of the rows. */
export type Texts = [row: number, clientRequestId: string | null, errorText: string | null][];

/** The columns that a row brings when it begins. */
export const beginSlots = [
  "id",
  "skewMs",
  "methodId",
  "pathId",
  "apiId",
  "addressId",
  "userAgentId",
] as const satisfies Column[];

/** All columns but the texts. */
export const rowSlots = [
  ...beginSlots,
  "outcome",
  "requests",
  "keyId",
  "secretId",
  "modelAskedId",
  "modelServedId",
  "upstreamId",
  "credentialId",
  "stream",
  "status",
  "errorKind",
  "attempts",
  "queuedMs",
  "upstreamHeadersMs",
  "firstTokenMs",
  "durationMs",
  "overheadUs",
  "tokensIn",
  "tokensOut",
  "tokensCached",
  "tokensReasoning",
  "tokenSource",
  "bytesIn",
  "bytesOut",
  "costNano",
  "costCurrency",
] as const satisfies Column[];

export const textColumns = ["clientRequestId", "errorText"] as const satisfies Column[];

export type Slot = (typeof rowSlots)[number];
type Column = keyof typeof requests.$inferInsert;

/** Where each slot stands in a row. */
export const slotAt = Object.fromEntries(rowSlots.map((slot, at) => [slot, at])) as Record<Slot, number>;
