import { sql } from "drizzle-orm";
import type { Connection } from "~/db/open.ts";
import { type Dimension, dimensions, isKept, type Level, levelOf, type SeriesValues } from "~/record/series.ts";
import { series } from "../../drizzle/series.ts";

/** What requests have in common: a value for some dimensions. */
export type Fixed = Partial<Record<Dimension, number>>;

/** Series whose cells, added up and taken away, are the requests that are asked about. */
export interface Sources {
  plus: number[];
  minus: number[];
  /** What its series are: it says which grains there are. */
  level: Level;
}

/** Every series, from memory; new ones are read when a question comes. */
export interface SeriesIndex {
  sourcesOf(fixed: Fixed): Sources;
  /** The whole combinations that fit. */
  wholeOf(fixed: Fixed): readonly { id: number; values: SeriesValues }[];
  /** For each value of a dimension. */
  groupsOf(fixed: Fixed, by: Dimension): Map<number, Sources>;
}

export function createSeriesIndex(connection: Connection): SeriesIndex {
  const all: Known[] = [];
  const byValues = new Map<string, Known>();
  let last = 0;

  // As plain values: there are thousands when the first question comes.
  const newSeries = connection.sqlite.prepare<number[], [number]>(
    connection.db.select().from(series).where(sql`${series.id} > ?`).orderBy(series.id).toSQL().sql,
  );

  function load(): void {
    for (const [id = 0, ...values] of newSeries.values(last) as number[][]) {
      const known = { id, values, level: levelOf(values) };
      all.push(known);
      byValues.set(values.join(), known);
      last = id;
    }
  }

  function sourcesOf(fixed: Fixed): Sources {
    const places = placesOf(fixed);
    const values = dimensions.map((name) => fixed[name] ?? 0);
    const [one = 0, other = 0] = places;
    if (places.length < 2) return single(values);
    if (places.length > 2) return whole(values);
    if (isKept(one, values[one]!, other, values[other]!))
      return { plus: ids(byValues.get(values.join())), minus: [], level: "pair" };
    // It is what the other pairs leave.
    const rest = values.map((value, place) => (place === other ? 0 : value));
    return { ...single(rest), minus: pairsOf(one, values[one]!, other).map(({ id }) => id), level: "pair" };
  }

  function single(values: SeriesValues): Sources {
    return { plus: ids(byValues.get(values.join())), minus: [], level: "single" };
  }

  function wholeOf(values: SeriesValues): Known[] {
    return all.filter(
      (known) =>
        known.level === "whole" && values.every((value, place) => value === 0 || known.values[place] === value),
    );
  }

  function whole(values: SeriesValues): Sources {
    return { plus: wholeOf(values).map(({ id }) => id), minus: [], level: "whole" };
  }

  /** The pairs of one value with those of another dimension. */
  function pairsOf(one: number, value: number, other: number): Known[] {
    return all.filter(({ level, values }) => level === "pair" && values[one] === value && values[other] !== 0);
  }

  return {
    sourcesOf(fixed) {
      load();
      return sourcesOf(fixed);
    },
    wholeOf(fixed) {
      load();
      return wholeOf(dimensions.map((name) => fixed[name] ?? 0));
    },
    groupsOf(fixed, by) {
      load();
      const place = dimensions.indexOf(by);
      const groups = new Map<number, Sources>();
      if (fixed[by] !== undefined) return groups.set(fixed[by], sourcesOf(fixed));
      const places = placesOf(fixed);
      if (places.length < 2) {
        // Each single value has a series of its own, whatever it is asked together with.
        for (const { level, values } of all) {
          const value = values[place]!;
          if (level === "single" && value !== 0) groups.set(value, sourcesOf({ ...fixed, [by]: value }));
        }
        return groups;
      }
      const values = dimensions.map((name) => fixed[name] ?? 0);
      for (const known of wholeOf(values)) {
        const group = groups.get(known.values[place]!);
        if (group === undefined) groups.set(known.values[place]!, { plus: [known.id], minus: [], level: "whole" });
        else group.plus.push(known.id);
      }
      return groups;
    },
  };
}

interface Known {
  id: number;
  values: number[];
  level: Level;
}

function placesOf(fixed: Fixed): number[] {
  return dimensions.flatMap((name, place) => (fixed[name] === undefined ? [] : [place]));
}

function ids(known: Known | undefined): number[] {
  return known === undefined ? [] : [known.id];
}
