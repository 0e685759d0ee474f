import type { ErrorKind } from "~/errors.ts";
import { timeOfId } from "~/record/request-id.ts";
import { firstDay } from "./cells.ts";
import type { Asker } from "./question.ts";
import type { Scope } from "./scope.ts";
import { type Basis, tallyScope } from "./tally-scope.ts";
import type { Totals } from "./totals.ts";

export interface OverviewArgs {
  scope: Scope;
  /** The same stretch of time before, to compare with; null for none. */
  before: { from: number; to: number } | null;
  /** Where the chart's cells begin, growing, the first at `scope.from`; the last ends at `scope.to`. */
  starts: number[];
}

export interface Overview extends Basis {
  totals: Totals;
  /** Null also where `lookedBackTo` is not. */
  before: Totals | null;
  /** One for each of `starts`. */
  points: OverviewPoint[];
  /** Requests in flight at this moment, whatever the range. */
  running: number;
  /** When the record begins, ms since 1970: a time before it cannot be compared with. Null without any request. */
  since: number | null;
}

export interface OverviewPoint extends Totals {
  errors: Partial<Record<ErrorKind, number>>;
}

/** Everything that the overview's cards and charts show. */
export function overview({ scope, before, starts }: OverviewArgs, asker: Asker): Overview {
  const { points, whole, ...basis } = tallyScope(scope, [...starts, scope.to], asker);
  return {
    ...basis,
    totals: whole.totals(),
    // What was not seen whole compares with nothing.
    before: before === null || basis.lookedBackTo !== null ? null : totalsOf({ ...scope, ...before }, asker),
    points: points.map((point) => ({ ...point.totals(), errors: point.errors() })),
    running: runningNow(asker),
    since: beginning(asker),
  };
}

function totalsOf(scope: Scope, asker: Asker): Totals {
  return tallyScope(scope, [scope.from, scope.to], asker).whole.totals();
}

function runningNow({ connection }: Asker): number {
  // Word for word what the partial index says.
  const rows = connection.sqlite.query("select count(*) from requests where outcome <> 1 and outcome = 0").values();
  return Number(rows[0]?.[0]);
}

/** Cells outlive the rows, and the newest rows are in no cell yet. */
function beginning(asker: Asker): number | null {
  const [first] = asker.connection.sqlite.query("select min(id) from requests").values()[0] ?? [];
  const row = typeof first === "number" ? timeOfId(first) : null;
  const day = firstDay(asker, asker.series.sourcesOf({}));
  return row === null || day === null ? (row ?? day) : Math.min(row, day);
}
