import { sql } from "drizzle-orm";
import type { Connection } from "~/db/open.ts";
import { cells, grainsPerSeries, minutesPerGrain } from "../../drizzle/cells.ts";
import { rollupMarks, series } from "../../drizzle/series.ts";
import {
  cellId,
  type Deltas,
  deltasOf,
  grainNames,
  grainOfCell,
  joinDeltas,
  minuteOfCell,
  minuteOfRequest,
  type SeriesRef,
  seriesOfCell,
} from "./cell.ts";
import { firstIdAt } from "./request-id.ts";
import { createFamilies } from "./rollup.ts";
import { rollupRows } from "./rollup-query.ts";
import { countColumns, type RollupRow } from "./rollup-row.ts";
import { type SeriesValues, seriesOf, valuesOf } from "./series.ts";
import { joinSpread, rewritten } from "./spread.ts";

/** What stands in a cell. */
export interface CellContent {
  /** In the order of `countColumns`. */
  counts: number[];
  spread: Uint8Array;
}

/** A cell that is not what its rows come to. */
export interface CellDifference {
  series: SeriesValues;
  /** The number of `grains`, and minutes since 1970. */
  grain: number;
  minute: number;
  /** Null where there should be none. */
  should: CellContent | null;
  /** Null where there is none. */
  is: CellContent | null;
}

export interface DayCheck {
  /** Days since 1970, UTC. */
  day: number;
  rows: number;
  cells: number;
  differences: CellDifference[];
}

/** The UTC days whose rows all stand, as days since 1970; null without any row in the cells. */
export function daysToCheck({ db, sqlite }: Connection): { first: number; last: number } | null {
  const marks = new Map(
    db
      .select()
      .from(rollupMarks)
      .all()
      .map(({ name, value }) => [name, value] as const),
  );
  const rolled = marks.get("rolled") ?? 0;
  const oldest = Number(sqlite.query("select id from requests order by id limit 1").values()[0]?.[0] ?? rolled);
  if (oldest >= rolled) return null;
  // Retention takes whole days, so the first one stands as a whole.
  const first = Math.max(dayOf(oldest), Math.ceil(minuteOfRequest(marks.get("rows") ?? 0) / 1440));
  return { first, last: dayOf(rolled - 1) };
}

/** Rows that have ended and are in no cell yet: the next rounds of the rollup take them, and no check compares them. */
export function rowsWaiting({ sqlite }: Pick<Connection, "sqlite">): number {
  const rolled = "coalesce((select value from rollup_marks where name = 'rolled'), 0)";
  const counted = sqlite.query(
    `select (select count(*) from requests where outcome <> 0 and id >= ${rolled}) + (select count(*) from late_requests)`,
  );
  return Number(counted.values()[0]?.[0]);
}

/** Makes a day's cells of its rows once more and compares. Read-only; within one state of the database. */
export function checkDay(connection: Connection, day: number): DayCheck {
  const { sqlite } = connection;
  sqlite.run("BEGIN");
  try {
    const catalogue = createReadingCatalogue(connection);
    const marks = new Map(
      connection.db
        .select()
        .from(rollupMarks)
        .all()
        .map(({ name, value }) => [name as string, value]),
    );
    const expected = new Map<number, CellContent>();
    const days: Deltas = new Map();
    let rows = 0;
    for (let hour = day * 24; hour < day * 24 + 24; hour++) {
      const found = rowsOf(
        connection,
        firstIdAt(hour * hourMs),
        Math.min(firstIdAt((hour + 1) * hourMs), marks.get("rolled") ?? 0),
      );
      rows += found.length;
      const deltas = deltasOf(found, catalogue.of);
      for (const [id, delta] of deltas) {
        if (grainOfCell(id) === "day") joinDeltas(days, id, delta);
        else expected.set(id, contentOf(delta));
      }
    }
    for (const [id, delta] of days) expected.set(id, contentOf(delta));
    for (const id of expected.keys()) if (minuteOfCell(id) < (marks.get(grainOfCell(id)) ?? 0)) expected.delete(id);

    const differences: CellDifference[] = [];
    const count = expected.size;
    for (const [id, is] of storedCells(connection, day, catalogue.storedIds())) {
      const should = expected.get(id) ?? null;
      expected.delete(id);
      if (should === null || !isSame(is, should)) differences.push({ ...placeOf(id, catalogue), should, is });
    }
    for (const [id, should] of expected) differences.push({ ...placeOf(id, catalogue), should, is: null });
    return { day, rows, cells: count, differences };
  } finally {
    sqlite.run("COMMIT");
  }
}

const hourMs = 3_600_000;

function dayOf(id: number): number {
  return Math.floor(minuteOfRequest(id) / 1440);
}

function rowsOf({ sqlite }: Connection, first: number, end: number): RollupRow[] {
  const query = rollupRows(
    sql.raw("requests.id >= ? and requests.id < ? and requests.id not in (select id from late_requests)"),
  );
  return sqlite.query(query.sql).values(first, end) as RollupRow[];
}

/** Series as they stand; those that are missing get an id beyond all others. */
function createReadingCatalogue(connection: Connection) {
  const families = createFamilies(connection);
  const ids = new Map<string, number>();
  const byId = new Map<number, SeriesValues>();
  const stored: number[] = [];
  for (const { id, ...named } of connection.db.select().from(series).all()) {
    const values = Object.values(named);
    ids.set(values.join(), id);
    byId.set(id, values);
    stored.push(id);
  }
  let next = 2 ** 24;
  const known = new Map<string, SeriesRef[]>();

  function idOf(values: SeriesValues): number {
    const id = ids.get(values.join()) ?? next++;
    ids.set(values.join(), id);
    byId.set(id, values);
    return id;
  }

  return {
    storedIds: () => stored,
    valuesOf: (id: number) => byId.get(id)!,
    of(row: RollupRow): SeriesRef[] {
      const values = valuesOf(row, families.of);
      const name = values.join();
      const list = known.get(name) ?? seriesOf(values).map(({ level, values }) => ({ level, id: idOf(values) }));
      known.set(name, list);
      return list;
    },
  };
}

function contentOf({ counts, marks }: { counts: ArrayLike<number>; marks: number[] }): CellContent {
  return { counts: Array.from(counts), spread: joinSpread(null, marks) };
}

function* storedCells(
  { sqlite }: Connection,
  day: number,
  seriesIds: readonly number[],
): Generator<[number, CellContent]> {
  const columns = countColumns.map((name) => cells[name].name).join(", ");
  const statement = sqlite.query(`select id, ${columns}, spread from cells where id >= ? and id < ?`);
  for (const seriesId of seriesIds) {
    for (const grain of grainNames) {
      const first = cellId(seriesId, grain, day * 1440);
      for (const [id, ...values] of statement.values(first, first + 1440)) {
        yield [Number(id), { counts: values.slice(0, -1).map(Number), spread: values.at(-1) as Uint8Array }];
      }
    }
  }
}

function isSame(one: CellContent, other: CellContent): boolean {
  const isSpreadSame = Buffer.compare(rewritten(one.spread), rewritten(other.spread)) === 0;
  return isSpreadSame && one.counts.every((count, at) => count === other.counts[at]);
}

function placeOf(id: number, catalogue: ReturnType<typeof createReadingCatalogue>) {
  return {
    series: catalogue.valuesOf(seriesOfCell(id)),
    grain: Math.floor(id / minutesPerGrain) % grainsPerSeries,
    minute: minuteOfCell(id),
  };
}
