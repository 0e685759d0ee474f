import type { Place } from "./gateways.ts";

/** Where and how long to measure. */
export interface Bench {
  /** The gateway's core, the folder on the disk that is measured, a key. */
  place: Place;
  loadCore: number | null;
  /** Everything shorter by this factor: 1 for numbers worth printing. */
  scale: number;
  /** Only zgate and the bare pass-through. */
  isBrief: boolean;
  /** Millions, and minutes for each. */
  isLong: boolean;
}

/** One table of the report. */
export interface Section {
  title: string;
  columns: string[];
  rows: string[][];
  notes: string[];
  /** What is compared with the last run, by name. */
  values: Record<string, number>;
  /** What must not be, however busy the machine: fails the run. */
  problems: string[];
}

export const sectionOf = (title: string, columns: string[]): Section => ({
  title,
  columns,
  rows: [],
  notes: [],
  values: {},
  problems: [],
});
