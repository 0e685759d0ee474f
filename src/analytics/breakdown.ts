import { at, type CountColumn, countAt, type RollupRow } from "~/record/rollup-row.ts";
import { type Dimension, dimensions, valuesOf } from "~/record/series.ts";
import { type Marks, marksOf, readCounts, spreadAt } from "./cells.ts";
import { combinedBy, combinedDays, sumsOf } from "./combined.ts";
import { lastNotAfter } from "./numbers.ts";
import type { Asker } from "./question.ts";
import { areFew, fewRows, looseRows } from "./read-rows.ts";
import { remembered } from "./remembered.ts";
import { addToLine, createRowGroups, type RowGroups } from "./row-groups.ts";
import { sumBack } from "./rows-back.ts";
import { type FilterName, none, type Scope } from "./scope.ts";
import { dimensionOf, planOf, type ScopePlan, wordsOf } from "./scope-plan.ts";
import type { Sources } from "./sources.ts";
import { createTally, type Tally } from "./tally.ts";
import { type Basis, type Covered, coverOf } from "./tally-scope.ts";
import type { Totals } from "./totals.ts";

export interface BreakdownArgs {
  scope: Scope;
  by: FilterName;
  /** Where the cells of the small lines begin, as in the overview. */
  starts: number[];
  limit: number;
  /** `failures`: those with the most failed and rejected requests first. */
  order: "requests" | "failures";
  /** How long rows may be looked through, where only they know; the usual time where nobody says. */
  patienceMs?: number;
}

export interface Breakdown extends Basis {
  rows: BreakdownRow[];
  /** Requests of all values, those beyond the limit as well. */
  requests: number;
  /** How many values there are. */
  values: number;
}

export interface BreakdownRow extends Totals {
  /** What the filter of the same name takes. */
  value: string;
  /** What people call it. */
  label: string;
  /** Requests in each cell; with several filters and cells of days, those of the UTC day that has its noon there. */
  line: number[];
}

/** The requests of a scope that have ended, by one thing they differ in. */
export function breakdown(args: BreakdownArgs, asker: Asker): Breakdown {
  const { scope, by } = args;
  const plan = planOf(scope, asker);
  const marks = marksOf(asker);
  if (plan.isEmpty) return { rows: [], requests: 0, values: 0, exact: true, rounded: false, lookedBackTo: null };
  const dimension = dimensionOf[by];
  const isFew = areFew(scope, marks, asker);
  if (dimension === undefined || plan.isRowsOnly || isFew) return fromRows(args, plan, isFew, asker);
  return fromCells(args, dimension, plan, marks, asker);
}

interface Group {
  tally: Tally;
  line: number[];
}

function fromRows(args: BreakdownArgs, plan: ScopePlan, isFew: boolean, asker: Asker): Breakdown {
  const { scope, by, starts } = args;
  const { nameOf, wordOf } = namingOf(by, asker);
  if (isFew) {
    const groups = new Map<number | string, Group>();
    for (const row of fewRows(scope, plan, asker)) {
      const group = groupIn(groups, nameOf(row), starts);
      group.tally.addRow(row);
      addToLine(group.line, starts, row);
    }
    return { ...ranked(known(groups), args, wordOf), exact: true, rounded: false, lookedBackTo: null };
  }
  const begin = () => createRowGroups(starts, nameOf);
  const { past, fresh, lookedBackTo } = sumBack(["rows by", by, starts], scope, plan, asker, begin, args.patienceMs);
  const recent = begin();
  for (const row of fresh) recent.addRow(row);
  return { ...ranked(joined(past, recent), args, wordOf), exact: false, rounded: false, lookedBackTo };
}

/** Of thousands of values a few are shown: the others need no tally. */
function joined({ all: past }: RowGroups, { all: recent }: RowGroups): Ranked[] {
  return [...new Set([...past.keys(), ...recent.keys()])].map((name) => {
    const parts = [past.get(name), recent.get(name)].filter((part) => part !== undefined);
    const count = (...columns: CountColumn[]) =>
      parts.reduce((sum, { sum: { counts } }) => columns.reduce((all, one) => all + counts[countAt[one]]!, sum), 0);
    return {
      name,
      requests: count("completed", "failed", "aborted", "rejected", "lost"),
      failures: count("failed", "rejected", "lost"),
      group() {
        const group = { tally: createTally(), line: parts[0]!.line.map(() => 0) };
        for (const { sum, line } of parts) {
          const cell = sum.cell();
          group.tally.addCell(cell, 0, cell[spreadAt - 1] as Uint8Array, 1);
          for (const [point, count] of line.entries()) group.line[point]! += count;
        }
        return group;
      },
    };
  });
}

function fromCells(args: BreakdownArgs, by: Dimension, plan: ScopePlan, marks: Marks, asker: Asker): Breakdown {
  const { scope, starts } = args;
  const groups = new Map<number | string, Group>();
  const sources = asker.series.groupsOf(plan.fixed, by);
  // All values have series of one level, and so the same cover.
  const level = [...sources.values()][0]?.level ?? "single";
  const covered = coverOf([scope.from, scope.to], level, marks, asker);
  const place = dimensions.indexOf(by);
  const sums =
    level === "whole" ? combinedBy(plan.fixed, by, covered, asker) : sumsOf(sources, [plan.fixed, by], covered, asker);
  for (const [value, sum] of sums) {
    groupIn(groups, value, starts).tally.addCell(sum, 0, sum[spreadAt - 1] as Uint8Array, 1);
  }
  for (const row of looseRows(asker, covered, marks, plan)) {
    groupIn(groups, valuesOf(row, asker.families.of)[place]!, starts).tally.addRow(row);
  }

  const answer = ranked(known(groups), args, wordsOf(asker, by), (shown) => {
    drawLines(shown, starts, scope, plan, marks, asker, (value) => sources.get(value as number), place);
  });
  return { ...answer, exact: false, rounded: covered.rounded, lookedBackTo: null };
}

/** Fills the lines of the groups that are shown: counts alone, of the cells that the chart's cells are made of. */
function drawLines(
  shown: Map<number | string, Group>,
  starts: number[],
  scope: Scope,
  plan: ScopePlan,
  marks: Marks,
  asker: Asker,
  sourcesOf: (value: number | string) => Sources | undefined,
  place: number,
): void {
  const bounds = [...starts, scope.to];
  let covered: Covered | null = null;
  for (const [value, { line }] of shown) {
    const sources = sourcesOf(value);
    if (sources === undefined) continue;
    if (sources.level === "whole" && isByDays(starts)) {
      const counts = daysOf(sources, [plan.fixed, place, value], starts, scope, plan, asker);
      for (const [point, count] of counts.entries()) line[point]! += count;
      continue;
    }
    covered ??= coverOf(bounds, sources.level, marks, asker);
    for (const [point, count] of countsOf(sources, starts, covered, asker).entries()) line[point]! += count;
  }
  // Whole days hold every row but those that wait: no cover of theirs leaves a gap.
  const loose = covered ?? { ...coverOf(bounds, "single", marks, asker), gaps: [] };
  for (const row of looseRows(asker, loose, marks, plan)) {
    const group = shown.get(valuesOf(row, asker.families.of)[place]!);
    if (group !== undefined) addToLine(group.line, starts, row);
  }
}

/** How many requests series count in each stretch. */
function countsOf(sources: Sources, starts: number[], { runs, remainders, to }: Covered, asker: Asker): number[] {
  return remembered(asker, ["counts", sources, starts, to], () => {
    const parts = [...starts, ...remainders].map(() => 0);
    readCounts(asker, sources, runs, (part, count) => {
      parts[part]! += count;
    });
    for (const { part, addedTo, takenFrom } of remainders) {
      parts[addedTo]! += parts[part]!;
      parts[takenFrom]! -= parts[part]!;
    }
    return parts.slice(0, starts.length);
  });
}

function isByDays(starts: number[]): boolean {
  return starts.length > 1 && starts[1]! - starts[0]! > 20 * 3_600_000;
}

/** A UTC day belongs to the stretch that has its noon: the cells of hours would be hundreds of thousands. */
function daysOf(
  { plus }: Sources,
  of: unknown[],
  starts: number[],
  { from, to }: Scope,
  { fixed }: ScopePlan,
  asker: Asker,
): number[] {
  const first = Math.floor(from / dayMs);
  const noons = Math.floor((to + dayMs / 2 - 1) / dayMs) - first;
  return remembered(asker, ["days of", of, starts, noons], () => {
    const days = combinedDays(fixed, first * 1440, Math.ceil(to / dayMs) * 1440, asker);
    const pointOf = Array.from({ length: noons }, (_, day) => lastNotAfter(starts, (first + day + 0.5) * dayMs));
    const counts = starts.map(() => 0);
    for (const id of plus) {
      for (const [minute, count] of days.get(id) ?? []) {
        const point = pointOf[minute / 1440 - first] ?? -1;
        if (point >= 0) counts[point]! += count;
      }
    }
    return counts;
  });
}

const dayMs = 86_400_000;

/** A value with what it is ranked by, and all of it where it is shown. */
interface Ranked {
  name: number | string;
  requests: number;
  failures: number;
  group(): Group;
}

function known(groups: Map<number | string, Group>): Ranked[] {
  return [...groups].map(([name, group]) => {
    const { counts } = group.tally.parts;
    const failures = counts[countAt.failed]! + counts[countAt.rejected]! + counts[countAt.lost]!;
    return { name, requests: group.tally.requests(), failures, group: () => group };
  });
}

function ranked(
  candidates: Ranked[],
  { limit, order }: BreakdownArgs,
  wordOf: (name: never) => { value: string; label: string },
  finish: (shown: Map<number | string, Group>) => void = () => {},
): Pick<Breakdown, "rows" | "requests" | "values"> {
  const all = candidates.filter(({ requests }) => requests > 0);
  all.sort((one, other) => other[order] - one[order] || other.requests - one.requests);
  const shown = new Map(all.slice(0, limit).map(({ name, group }) => [name, group()]));
  finish(shown);
  return {
    rows: [...shown].map(([name, { tally, line }]) => ({ ...wordOf(name as never), line, ...tally.totals() })),
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    values: all.length,
  };
}

function groupIn(groups: Map<number | string, Group>, name: number | string, starts: number[]): Group {
  let group = groups.get(name);
  if (group === undefined) {
    group = { tally: createTally(), line: starts.map(() => 0) };
    groups.set(name, group);
  }
  return group;
}

/** How rows are told apart, and what the parts are called. */
function namingOf(by: FilterName, asker: Asker) {
  const dimension = dimensionOf[by];
  const same = (value: string) => ({ value, label: value });
  if (dimension !== undefined) {
    const place = dimensions.indexOf(dimension);
    const words = wordsOf(asker, dimension);
    return {
      nameOf: (row: RollupRow) => valuesOf(row, asker.families.of)[place]!,
      wordOf: (name: number | string) => words(Number(name)),
    };
  }
  const { sqlite } = asker.connection;
  if (by === "address") {
    const query = sqlite.query("select value from names where id = ?");
    return {
      nameOf: (row: RollupRow) => row[at.addressId]!,
      wordOf: (name: number | string) => same(String(query.values(name)[0]?.[0] ?? name)),
    };
  }
  const column = by === "version" ? "version" : "raw";
  const query = sqlite.query(`select ${column} from user_agents where id = ?`);
  const known = new Map<number, string>();
  return {
    nameOf(row: RollupRow) {
      const id = row[at.userAgentId]!;
      const text = known.get(id) ?? (String(query.values(id)[0]?.[0] ?? "") || none);
      known.set(id, text);
      return text;
    },
    wordOf: (name: number | string) => same(String(name)),
  };
}
