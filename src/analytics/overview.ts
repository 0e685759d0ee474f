import { sql } from "drizzle-orm";
import type { ErrorKind } from "~/errors.ts";
import { timeOfId } from "~/record/request-id.ts";
import { requests } from "../../drizzle/requests.ts";
import type { Asker } from "./question.ts";
import { rowsOf } from "./rows.ts";
import type { Scope } from "./scope.ts";
import { type Counted, createTally } from "./tally.ts";
import type { Totals } from "./totals.ts";

export interface OverviewArgs {
  scope: Scope;
  /** The same stretch of time before, to compare with; null for none. */
  before: { from: number; to: number } | null;
  /** Where the chart's cells begin, growing, the first at `scope.from`; the last ends at `scope.to`. */
  starts: number[];
}

export interface Overview {
  totals: Totals;
  before: Totals | null;
  /** One for each of `starts`. */
  points: OverviewPoint[];
  /** Requests in flight at this moment, whatever the range. */
  running: number;
}

export interface OverviewPoint extends Totals {
  errors: Partial<Record<ErrorKind, number>>;
}

/** Everything that the overview's cards and charts show. */
export function overview({ scope, before, starts }: OverviewArgs, asker: Asker): Overview {
  const total = createTally();
  const cells = starts.map(() => ({ tally: createTally(), errors: {} as Partial<Record<ErrorKind, number>> }));
  for (const row of countedRows(scope, asker)) {
    total.add(row);
    const cell = cells[lastNotAfter(starts, timeOfId(row.id))];
    if (cell === undefined) continue;
    cell.tally.add(row);
    if (row.errorKind !== null) cell.errors[row.errorKind] = (cell.errors[row.errorKind] ?? 0) + row.requests;
  }
  return {
    totals: total.totals(),
    before: before === null ? null : totalsOf({ ...scope, ...before }, asker),
    points: cells.map(({ tally, errors }) => ({ ...tally.totals(), errors })),
    running: runningNow(asker),
  };
}

function totalsOf(scope: Scope, asker: Asker): Totals {
  const tally = createTally();
  for (const row of countedRows(scope, asker)) tally.add(row);
  return tally.totals();
}

function countedRows(scope: Scope, asker: Asker): (Counted & { id: number; errorKind: ErrorKind | null })[] {
  const { connection } = asker;
  return connection.db.select(counted).from(requests).where(rowsOf(scope, asker)).all();
}

function runningNow({ connection }: Asker): number {
  const row = connection.db
    .select({ count: sql<number>`count(*)` })
    .from(requests)
    .where(sql`outcome <> 1 and outcome = 0`)
    .get();
  return row?.count ?? 0;
}

/** What is counted of a row, and where it belongs. */
export const counted = {
  id: requests.id,
  outcome: requests.outcome,
  requests: requests.requests,
  errorKind: requests.errorKind,
  tokensIn: requests.tokensIn,
  tokensOut: requests.tokensOut,
  tokensCached: requests.tokensCached,
  tokensReasoning: requests.tokensReasoning,
  tokenSource: requests.tokenSource,
  costNano: requests.costNano,
  costCurrency: requests.costCurrency,
  durationMs: requests.durationMs,
  firstTokenMs: requests.firstTokenMs,
  overheadUs: requests.overheadUs,
};

/** The index of the last of growing numbers that is not above `value`; −1 where all are. */
export function lastNotAfter(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
