import { timeOfId } from "~/record/request-id.ts";
import { at, type RollupRow } from "~/record/rollup-row.ts";
import { lastNotAfter } from "./numbers.ts";
import { createRowSum, type RowSum } from "./row-sum.ts";

/** What the rows of one value come to. */
export interface RowGroup {
  sum: RowSum;
  /** Requests in each cell of the chart. */
  line: number[];
}

/** Rows by what they differ in. */
export interface RowGroups {
  addRow(row: RollupRow): void;
  readonly size: number;
  readonly all: ReadonlyMap<number | string, RowGroup>;
}

export function createRowGroups(starts: readonly number[], nameOf: (row: RollupRow) => number | string): RowGroups {
  const all = new Map<number | string, RowGroup>();
  return {
    all,
    addRow(row) {
      const name = nameOf(row);
      let group = all.get(name);
      if (group === undefined) {
        group = { sum: createRowSum(), line: starts.map(() => 0) };
        all.set(name, group);
      }
      group.sum.addRow(row);
      addToLine(group.line, starts, row);
    },
    get size() {
      return all.size;
    },
  };
}

export function addToLine(line: number[], starts: readonly number[], row: RollupRow): void {
  const cell = lastNotAfter(starts, timeOfId(row[at.id]!));
  if (cell >= 0) line[cell]! += row[at.requests]!;
}
