import { type ErrorKind, errorKinds } from "~/errors.ts";
import { binCount, binOf, quantile } from "~/record/histogram.ts";
import { type Outcome, outcomes } from "~/record/record.ts";
import {
  addRowCounts,
  at,
  countAt,
  countColumns,
  type Measures,
  measuresOf,
  type RollupRow,
} from "~/record/rollup-row.ts";
import { addSpread, lists, packSpread, spreadSize } from "~/record/spread.ts";
import type { Spread, Totals } from "./totals.ts";

/** Adds up rows and cells. While it has seen rows alone, percentiles are those of the values themselves. */
export interface Tally {
  addRow(row: RollupRow): void;
  /** What a cell counts, in the order of `countColumns` from `offset` on, and its spread; a `sign` of −1 takes it away. */
  addCell(counts: readonly unknown[], offset: number, spread: Uint8Array, sign: number): void;
  addRunning(requests: number): void;
  /** Adds all of another tally; a `sign` of −1 takes it away, which only what came from cells can be. */
  addTally(other: Tally, sign?: number): void;
  readonly parts: Readonly<Parts>;
  /** What came from cells, as a cell is read: counts, then the spread. It leaves the tally. */
  sum(): unknown[];
  requests(): number;
  totals(): Totals;
  errors(): Partial<Record<ErrorKind, number>>;
}

/** What a tally is made of. */
interface Parts {
  counts: Float64Array;
  running: number;
  errors: Float64Array;
  values: Record<keyof Measures, number[]>;
  /** Only once that a cell comes: most tallies see rows alone, or nothing. */
  spread: Float64Array | null;
}

export function createTally(): Tally {
  const counts = new Float64Array(countColumns.length);
  const values: Record<keyof Measures, number[]> = { durationMs: [], firstTokenMs: [], speed: [], overheadUs: [] };
  const errors = new Float64Array(128);
  let running = 0;
  let spread: Float64Array | null = null;

  function spreadOf(name: keyof Measures, unit: number): Spread {
    return spread === null ? exactSpread(values[name], unit) : binnedSpread(spread, lists[listNames[name]], unit);
  }

  const tally: Tally = {
    addRow(row) {
      addRowCounts(counts, row);
      const kind = row[at.errorKind];
      if (kind) errors[kind]! += row[at.requests]!;
      const measures = measuresOf(row);
      for (const name of measureNames) {
        const value = measures[name];
        if (value === null) continue;
        if (spread === null) values[name].push(value);
        else spread[lists[listNames[name]] + binOf(value)]! += 1;
      }
    },
    addCell(cell, offset, blob, sign) {
      for (let place = 0; place < countColumns.length; place++) counts[place]! += sign * Number(cell[offset + place]);
      spread ??= binned(values);
      addSpread(spread, blob, sign);
    },
    addRunning(requests) {
      running += requests;
    },
    addTally({ parts }, sign = 1) {
      add(counts, parts.counts, sign);
      add(errors, parts.errors, sign);
      running += sign * parts.running;
      if (parts.spread !== null || spread !== null) {
        spread ??= binned(values);
        add(spread, parts.spread ?? binned({ ...parts.values }), sign);
      } else {
        for (const name of measureNames) for (const value of parts.values[name]) values[name].push(value);
      }
    },
    get parts() {
      return { counts, running, errors, values, spread };
    },
    sum: () => [...counts, spread === null ? new Uint8Array() : packSpread(spread)],
    requests: () => running + counts[0]! + counts[1]! + counts[2]! + counts[3]! + counts[4]!,
    totals: () => ({
      requests: tally.requests(),
      outcomes: { running, ...named(outcomeNames) },
      ...named(sumNames),
      durationMs: spreadOf("durationMs", 1),
      firstTokenMs: spreadOf("firstTokenMs", 1),
      tokensPerSecond: spreadOf("speed", 100),
      overheadMs: spreadOf("overheadUs", 1000),
    }),
    errors() {
      const found: Partial<Record<ErrorKind, number>> = {};
      for (const [kind, code] of errorCodes) {
        const count = errors[code]! + (spread?.[lists.error + code] ?? 0);
        if (count > 0) found[kind] = count;
      }
      return found;
    },
  };
  return tally;

  function named<Name extends keyof typeof countAt>(names: readonly Name[]): Record<Name, number> {
    return Object.fromEntries(names.map((name) => [name, counts[countAt[name]]!])) as Record<Name, number>;
  }
}

const measureNames = ["durationMs", "firstTokenMs", "speed", "overheadUs"] as const;
const listNames = {
  durationMs: "duration",
  firstTokenMs: "firstToken",
  speed: "speed",
  overheadUs: "overhead",
} as const;
const outcomeNames = ["completed", "failed", "aborted", "rejected", "lost"] as const satisfies Outcome[];
const sumNames = [
  "tokensIn",
  "tokensOut",
  "tokensCached",
  "tokensReasoning",
  "estimated",
  "costUsdNano",
  "costCnyNano",
  "unpriced",
] as const;
const errorCodes = Object.entries(errorKinds).map(([kind, { code }]) => [kind as ErrorKind, code] as const);

function binned(values: Record<keyof Measures, number[]>): Float64Array {
  const spread = new Float64Array(spreadSize);
  for (const name of measureNames) {
    for (const value of values[name]) spread[lists[listNames[name]] + binOf(value)]! += 1;
    values[name] = [];
  }
  return spread;
}

function add(sums: Float64Array, others: Float64Array, sign: number): void {
  for (let place = 0; place < others.length; place++) sums[place]! += sign * others[place]!;
}

function exactSpread(values: number[], unit: number): Spread {
  const sorted = Float64Array.from(values).sort();
  // The smallest value that at least the given share of all is not above.
  const p = (share: number) => (sorted.length === 0 ? null : sorted[Math.ceil(share * sorted.length) - 1]! / unit);
  return { count: sorted.length, p50: p(0.5), p95: p(0.95), p99: p(0.99) };
}

function binnedSpread(spread: Float64Array, offset: number, unit: number): Spread {
  let count = 0;
  for (let bin = 0; bin < binCount; bin++) count += spread[offset + bin]!;
  const p = (share: number) => {
    const value = quantile(spread, share, offset);
    return value === null ? null : value / unit;
  };
  return { count, p50: p(0.5), p95: p(0.95), p99: p(0.99) };
}

/** The word of an outcome's number. */
export const outcomeOf = new Map(Object.entries(outcomes).map(([word, number]) => [number as number, word as Outcome]));
