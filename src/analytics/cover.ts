import { grainMinutes } from "~/record/cell.ts";
import type { Grain } from "../../drizzle/cells.ts";

/** Which cells of one grain stand for a piece of time; `part` is the stretch or the remainder that they belong to. Minutes since 1970. */
export interface Run {
  grain: Grain;
  from: number;
  to: number;
  part: number;
}

/** A piece of time that no cell fits: its rows have to be read. Milliseconds since 1970. */
export interface Gap {
  from: number;
  to: number;
}

/**
 * The time between a bound and the midnight (UTC) next to it. It is summed up once: one of the stretches beside the bound
 * has it beyond its own days, and from the other's days it is taken away.
 */
export interface Remainder {
  part: number;
  addedTo: number;
  takenFrom: number;
}

export interface Cover {
  runs: Run[];
  gaps: Gap[];
  remainders: Remainder[];
}

/**
 * Covers the stretches between growing `bounds` (ms since 1970) by the largest cells that fit. `grains` from the finest
 * on; `since` says from which minute on a grain's cells stand.
 *
 * Days of other zones than UTC would be two dozen cells each. They are one, and those between midnight and midnight: eight
 * for India.
 */
export function cover(
  bounds: readonly number[],
  grains: readonly Grain[],
  since: Readonly<Partial<Record<Grain, number>>>,
): Cover {
  const runs: Run[] = [];
  const gaps: Gap[] = [];
  const remainders: Remainder[] = [];
  const borders = bounds.map((bound, place) => borderBeside(bound, place));
  const stretches = bounds.length - 1;
  for (let part = 0; part < stretches; part++) fill(borders[part]!, borders[part + 1]!, part);
  for (const [place, bound] of bounds.entries()) {
    const border = borders[place]!;
    if (border === bound) continue;
    const part = stretches + remainders.length;
    fill(Math.min(bound, border), Math.max(bound, border), part);
    const [addedTo, takenFrom] = border > bound ? [place, place - 1] : [place - 1, place];
    remainders.push({ part, addedTo, takenFrom });
  }
  return { runs, gaps, remainders };

  /** Up to where the days of the stretches beside a bound stand: the midnight next to it, or itself where no cells lie in between. */
  function borderBeside(bound: number, place: number): number {
    const isBetweenDays = bound - bounds[place - 1]! >= day && bounds[place + 1]! - bound >= day;
    const finest = grains.find((grain) => (since[grain] ?? 0) * minute <= bound - day);
    if (!isBetweenDays || finest === undefined || bound % (grainMinutes[finest] * minute) !== 0) return bound;
    return Math.round(bound / day) * day;
  }

  function fill(from: number, to: number, part: number): void {
    let now = from;
    while (now < to) {
      const grain = largestAt(now, to);
      if (grain === null) {
        const next = Math.min(nextStart(now), to);
        addGap({ from: now, to: next });
        now = next;
      } else {
        addRun({ grain, from: now / minute, to: now / minute + grainMinutes[grain], part });
        now += grainMinutes[grain] * minute;
      }
    }
  }

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
    if (last?.grain === run.grain && last.to === run.from && last.part === run.part) last.to = run.to;
    else runs.push(run);
  }

  function addGap(gap: Gap): void {
    const last = gaps.at(-1);
    if (last?.to === gap.from) last.to = gap.to;
    else gaps.push(gap);
  }
}

const minute = 60_000;
const day = 1_440 * minute;
