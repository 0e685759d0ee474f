import { sql } from "drizzle-orm";
import { type Dimension, dimensions, valuesOf } from "~/record/series.ts";
import { marksOf } from "./cells.ts";
import type { Asker } from "./question.ts";
import { readRows } from "./read-rows.ts";
import type { FilterName } from "./scope.ts";
import { dimensionOf, wordsOf } from "./scope-plan.ts";

export type Choices = Partial<Record<FilterName, { value: string; label: string }[]>>;

/** What each filter of the rollup can be set to: the values that requests had, from the list of series and the rows that wait. */
export function choices(_args: Record<string, never>, asker: Asker): Choices {
  const answer: Choices = {};
  const { rolled } = marksOf(asker);
  const waiting = readRows(asker, sql`requests.id >= ${rolled}`).map((row) => valuesOf(row, asker.families.of));
  for (const [name, dimension] of Object.entries(dimensionOf) as [FilterName, Dimension][]) {
    const values = new Set(asker.series.groupsOf({}, dimension).keys());
    for (const row of waiting) values.add(row[dimensions.indexOf(dimension)]!);
    answer[name] = [...values]
      .map(wordsOf(asker, dimension))
      .sort((one, other) => one.label.localeCompare(other.label));
  }
  return answer;
}
