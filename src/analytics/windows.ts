import { minuteOfRequest } from "~/record/cell.ts";
import { firstIdAt } from "~/record/request-id.ts";
import { marksOf, readCountedCells } from "./cells.ts";
import type { Asker } from "./question.ts";
import type { ScopePlan } from "./scope-plan.ts";
import type { Sources } from "./sources.ts";

/** A half-open range of request ids. */
export interface Window {
  first: number;
  end: number;
}

/**
 * The windows of a range in which rows of a plan may stand, from the newest on, or from the oldest. The rollup tells
 * which hours have none; without its help windows hold more and more rows while they are quick to look through.
 */
export function* windowsOf(
  asker: Asker,
  plan: ScopePlan,
  isSearch: boolean,
  range: Window,
  isUp: boolean,
): Generator<Window> {
  if (Object.keys(plan.fixed).length > 0) yield* fullHours(asker, plan, range, isUp);
  else if (plan.isRowsOnly || isSearch) yield* growing(asker, range, isUp);
  else yield range;
}

/** By rows, not by time: behind a quiet week a window of hours would be one of days, and hold a million rows. */
function* growing({ connection, tick }: Asker, { first, end }: Window, isUp: boolean): Generator<Window> {
  const border = connection.sqlite.query(
    isUp
      ? "select max(id) + 1 from (select id from requests where id >= ?1 and id < ?2 order by id limit ?3)"
      : "select min(id) from (select id from requests where id >= ?1 and id < ?2 order by id desc limit ?3)",
  );
  let rows = firstRows;
  for (let left: Window = { first, end }; left.first < left.end; ) {
    const found = border.values(left.first, left.end, rows)[0]?.[0];
    // Without a row there is nothing left to look at.
    if (typeof found !== "number") return;
    const started = tick();
    yield isUp ? { first: left.first, end: found } : { first: found, end: left.end };
    left = isUp ? { first: found, end: left.end } : { first: left.first, end: found };
    const took = tick() - started;
    if (took < 10) rows *= 2;
    else if (took > 40) rows = Math.ceil(rows / 2);
  }
}

/** The hours in which the rollup counts something, those of requests that it has not come to yet, and what is newest. */
function* fullHours(asker: Asker, { fixed }: ScopePlan, range: Window, isUp: boolean): Generator<Window> {
  const marks = marksOf(asker);
  const sources = asker.series.sourcesOf(fixed);
  const newest = { first: Math.max(range.first, marks.rolled), end: range.end };
  if (!isUp && newest.first < newest.end) yield newest;
  const end = Math.min(range.end, marks.rolled);
  if (range.first < end) {
    const from = minuteOfRequest(range.first);
    const to = minuteOfRequest(end - 1) + 1;
    const loose = looseHours(asker, { first: range.first, end });
    const days = startsOf(asker, sources, "day", from - (from % 1440), to);
    for (const hour of loose) days.add(hour - (hour % 1440));
    for (const day of inOrder(days, isUp)) {
      const hours = startsOf(asker, sources, "hour", day, day + 1440);
      for (const hour of loose) if (hour - (hour % 1440) === day) hours.add(hour);
      for (const hour of inOrder(hours, isUp)) {
        const window = {
          first: Math.max(range.first, firstIdAt(hour * 60_000)),
          end: Math.min(end, firstIdAt((hour + 60) * 60_000)),
        };
        if (window.first < window.end) yield window;
      }
    }
  }
  if (isUp && newest.first < newest.end) yield newest;
}

/** Where cells begin that count something. Minutes since 1970. */
function startsOf(asker: Asker, sources: Sources, grain: "day" | "hour", from: number, to: number): Set<number> {
  const counts = new Map<number, number>();
  readCountedCells(asker, sources, grain, from, to, (minute, requests) => {
    counts.set(minute, (counts.get(minute) ?? 0) + requests);
  });
  return new Set([...counts].filter(([, requests]) => requests > 0).map(([start]) => start));
}

/** Hours of requests that run, or ended too late for the last round. */
function looseHours({ connection }: Asker, { first, end }: Window): Set<number> {
  const ids = connection.sqlite
    .query(
      "select id from late_requests where id >= ?1 and id < ?2 union all select id from requests where outcome <> 1 and outcome = 0 and id >= ?1 and id < ?2",
    )
    .values(first, end);
  return new Set(ids.map(([id]) => Math.floor(minuteOfRequest(Number(id)) / 60) * 60));
}

function inOrder(starts: Set<number>, isUp: boolean): number[] {
  const sorted = [...starts].sort((one, other) => one - other);
  return isUp ? sorted : sorted.reverse();
}

/** A window is begun with so many. */
const firstRows = 500;
