import type { Dimension } from "~/record/series.ts";
import type { Asker } from "./question.ts";
import type { FilterName } from "./scope.ts";
import { dimensionOf, wordsOf } from "./scope-plan.ts";

export type Choices = Partial<Record<FilterName, { value: string; label: string }[]>>;

/** What each filter of the rollup can be set to: the values that requests had, from the list of series alone. */
export function choices(_args: Record<string, never>, asker: Asker): Choices {
  const answer: Choices = {};
  for (const [name, dimension] of Object.entries(dimensionOf) as [FilterName, Dimension][]) {
    const wordOf = wordsOf(asker, dimension);
    const values = [...asker.series.groupsOf({}, dimension).keys()];
    answer[name] = values.map(wordOf).sort((one, other) => one.label.localeCompare(other.label));
  }
  return answer;
}
