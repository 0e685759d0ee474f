import { grainMinutes } from "~/record/cell.ts";
import type { Grain } from "../../drizzle/cells.ts";

/** Which cells of one grain stand for a piece of time; `point` is the stretch that they belong to. Minutes since 1970. */
export interface Run {
  grain: Grain;
  from: number;
  to: number;
  point: number;
}

/** A piece of time that no cell fits: its rows have to be read. Milliseconds since 1970. */
export interface Gap {
  from: number;
  to: number;
  point: number;
}

export interface Cover {
  runs: Run[];
  gaps: Gap[];
}

/**
 * Covers the stretches between growing `bounds` (ms since 1970) by the largest cells that fit. `grains` from the finest
 * on; `since` says from which minute on a grain's cells stand.
 */
export function cover(
  bounds: readonly number[],
  grains: readonly Grain[],
  since: Readonly<Partial<Record<Grain, number>>>,
): Cover {
  const runs: Run[] = [];
  const gaps: Gap[] = [];
  for (let point = 0; point + 1 < bounds.length; point++) {
    const end = bounds[point + 1]!;
    let now = bounds[point]!;
    while (now < end) {
      const grain = largestAt(now, end);
      if (grain === null) {
        const next = Math.min(nextStart(now), end);
        addGap({ from: now, to: next, point });
        now = next;
      } else {
        addRun({ grain, from: now / minute, to: now / minute + grainMinutes[grain], point });
        now += grainMinutes[grain] * minute;
      }
    }
  }
  return { runs, gaps };

  function largestAt(now: number, end: number): Grain | null {
    for (let at = grains.length - 1; at >= 0; at--) {
      const grain = grains[at]!;
      const length = grainMinutes[grain] * minute;
      if (now % length === 0 && now + length <= end && now / minute >= (since[grain] ?? 0)) return grain;
    }
    return null;
  }

  /** Where the finest grain that stands has its next cell. */
  function nextStart(now: number): number {
    const next = grains.map((grain) => {
      const length = grainMinutes[grain] * minute;
      return Math.max(Math.floor(now / length) * length + length, (since[grain] ?? 0) * minute);
    });
    return Math.min(...next);
  }

  function addRun(run: Run): void {
    const last = runs.at(-1);
    if (last?.grain === run.grain && last.to === run.from && last.point === run.point) last.to = run.to;
    else runs.push(run);
  }

  function addGap(gap: Gap): void {
    const last = gaps.at(-1);
    if (last?.to === gap.from && last.point === gap.point) last.to = gap.to;
    else gaps.push(gap);
  }
}

const minute = 60_000;
