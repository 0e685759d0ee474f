import { outcomes } from "./record.ts";
import { at, type RollupRow } from "./rollup-row.ts";

/** What requests are told apart by in the rollup. */
export const dimensions = ["key", "api", "model", "upstream", "family", "outcome", "error", "status"] as const;
export type Dimension = (typeof dimensions)[number];

/** A series: a value for each dimension in their order; 0 is all, `without` those that have none. */
export type SeriesValues = readonly number[];
export const without = -1;

/** How much a series is about: one of `grainsOf` it has. */
export type Level = "single" | "pair" | "whole";

/** What is usual among requests: pairs with it are what is left when the other pairs are taken away. */
export const usual: Partial<Record<Dimension, number>> = {
  outcome: outcomes.completed,
  error: without,
  status: 200,
};

/** The values of a row, in the order of `dimensions`. `familyOf` turns a user agent's id into its family's. */
export function valuesOf(row: RollupRow, familyOf: (userAgentId: number) => number): number[] {
  return [
    row[at.keyId] ?? without,
    row[at.apiId]!,
    row[at.modelId] ?? without,
    row[at.upstreamId] ?? without,
    familyOf(row[at.userAgentId]!),
    row[at.outcome]!,
    row[at.errorKind] ?? without,
    row[at.status] ?? without,
  ];
}

/**
 * The series that a request belongs to: the total, each value, each pair of what it is (key … family), each pair of
 * that and of how it ended where that is not the usual, and the whole combination.
 */
export function seriesOf(values: SeriesValues): { level: Level; values: SeriesValues }[] {
  const list: { level: Level; values: SeriesValues }[] = [{ level: "single", values: nothing }];
  for (let one = 0; one < dimensions.length; one++) {
    list.push({ level: "single", values: only(values, [one]) });
    for (let other = one + 1; other < dimensions.length; other++) {
      if (isPair(one, other) && !isUsual(other, values[other]!)) {
        list.push({ level: "pair", values: only(values, [one, other]) });
      }
    }
  }
  list.push({ level: "whole", values });
  return list;
}

/** Whether pairs of two dimensions (by their places) are kept: not those that both say how a request ended. */
export function isPair(one: number, other: number): boolean {
  return Math.min(one, other) < endings;
}

/** Whether a value is the usual one of its dimension, whose pairs are not kept. */
export function isUsual(dimension: number, value: number): boolean {
  return usual[dimensions[dimension]!] === value;
}

export function levelOf(values: SeriesValues): Level {
  const told = values.filter((value) => value !== 0).length;
  return told < 2 ? "single" : told === 2 ? "pair" : "whole";
}

/** The dimensions from here on say how a request ended. */
const endings = dimensions.indexOf("outcome");
const nothing: SeriesValues = dimensions.map(() => 0);

function only(values: SeriesValues, places: number[]): SeriesValues {
  return values.map((value, place) => (places.includes(place) ? value : 0));
}
