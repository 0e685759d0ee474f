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

/** How requests usually end. */
const usual: Partial<Record<Dimension, number>> = {
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
 * The series that a request belongs to: the total, each value, each pair of values unless it is what the other pairs
 * leave, and the whole combination.
 */
export function seriesOf(values: SeriesValues): { level: Level; values: SeriesValues }[] {
  const list: { level: Level; values: SeriesValues }[] = [{ level: "single", values: nothing }];
  for (let one = 0; one < dimensions.length; one++) {
    list.push({ level: "single", values: only(values, [one]) });
    for (let other = one + 1; other < dimensions.length; other++) {
      if (isKept(one, values[one]!, other, values[other]!)) {
        list.push({ level: "pair", values: only(values, [one, other]) });
      }
    }
  }
  list.push({ level: "whole", values });
  return list;
}

/**
 * Whether a pair has a series, dimensions by their places, the smaller one first. Most requests end in the usual way: a
 * series of theirs for each key would say once more what the key's own says.
 */
export function isKept(one: number, oneValue: number, other: number, otherValue: number): boolean {
  return !isUsual(other, otherValue) || (one >= endings && !isUsual(one, oneValue));
}

/** Whether a value is the usual one of its dimension. */
function isUsual(dimension: number, value: number): boolean {
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
