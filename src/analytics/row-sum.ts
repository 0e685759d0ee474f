import { addRowCounts, type Counts, countColumns, marksOfRow, type RollupRow } from "~/record/rollup-row.ts";
import { joinSpread, type Marks } from "~/record/spread.ts";

/** What rows come to, held as a cell holds it: some hundred bytes, where a tally's bins are 34 KB. */
export interface RowSum {
  addRow(row: RollupRow): void;
  /** In the order of `countColumns`. */
  readonly counts: Readonly<Counts>;
  /** As a cell is read: counts, then the spread. */
  cell(): readonly unknown[];
}

export function createRowSum(): RowSum {
  const counts = new Float64Array(countColumns.length);
  let spread: Uint8Array = new Uint8Array();
  let marks: Marks = [];

  function fold(): void {
    spread = joinSpread(spread, marks);
    marks = [];
  }

  return {
    counts,
    addRow(row) {
      addRowCounts(counts, row);
      marksOfRow(row, marks);
      if (marks.length > mostMarks) fold();
    },
    cell() {
      if (marks.length > 0) fold();
      return [...counts, spread];
    },
  };
}

/** Where many are sorted at once, each costs little. */
const mostMarks = 8192;
