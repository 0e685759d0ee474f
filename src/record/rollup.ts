import type { Database } from "bun:sqlite";
import { isStorageFailure } from "~/db/failure.ts";
import { otherId } from "../../drizzle/numbers.ts";
import { type Delta, deltasOf, grainOfCell, minuteOfCell, minuteOfRequest, type SeriesRef } from "./cell.ts";
import { outcomes } from "./record.ts";
import { firstIdAt } from "./request-id.ts";
import { at, countColumns, type RollupRow } from "./rollup-row.ts";
import { type SeriesValues, seriesOf, valuesOf } from "./series.ts";
import { joinSpread } from "./spread.ts";
import type { RollupStatements } from "./statements.ts";

/**
 * The rollup's side of the writer's thread. It keeps nothing but what it can read again: rows that have ended and are
 * not in the cells yet are known by their ids (`rolled` in `rollup_marks`, and `late_requests`), and whoever asks adds
 * them to the cells. So a round over many rows costs little a row, and each commit is whole
 * (docs/decisions/010-rollup-in-rounds.md).
 */
export interface Rollup {
  /** A row has ended, in this transaction. */
  ended(id: number): void;
  /** Where it is time: puts the rows that wait into the cells, in this transaction. */
  round(): void;
}

/** Rows that may wait. A question reads as many of them in 8 ms. */
export const rowsPerRound = 4096;

export function createRollup(sqlite: Database, statements: RollupStatements): Rollup {
  const addLate = sqlite.prepare(statements.addLate);
  let roller = createRoller(sqlite, statements);
  let rolled = roller.rolled();
  let waiting = Number(
    sqlite.query("select count(*) from requests where id >= ? and outcome <> 0").values(rolled)[0]?.[0],
  );
  waiting += Number(sqlite.query("select count(*) from late_requests").values()[0]?.[0]);
  let newest = rolled;

  return {
    ended(id) {
      if (id < rolled) addLate.run(id);
      else if (id > newest) newest = id;
      waiting++;
    },
    round() {
      const isTime = waiting >= rowsPerRound || quarterOf(newest) > quarterOf(rolled);
      if (waiting === 0 || !isTime) return;
      sqlite.run("SAVEPOINT rollup");
      try {
        const taken = roller.roll(newest);
        rolled = roller.rolled();
        waiting = taken === rowsPerRound ? waiting - taken : 0;
      } catch (error) {
        if (isStorageFailure(error)) throw error;
        // Rows matter more than their sums, which can be made later: nothing is lost, questions only take longer.
        sqlite.run("ROLLBACK TO rollup");
        // What it remembers of new series is gone as well.
        roller = createRoller(sqlite, statements);
        waiting = 0;
      }
      sqlite.run("RELEASE rollup");
    },
  };
}

/** Puts rows into the cells, inside a transaction of its caller. */
export function createRoller(sqlite: Database, statements: RollupStatements, rowsARound = rowsPerRound) {
  const marksStatement = sqlite.prepare(statements.marks);
  const setRolled = sqlite.prepare(statements.setRolled);
  const freshRows = sqlite.prepare(`${statements.freshRows} limit ${rowsARound}`);
  const lateRows = sqlite.prepare(statements.lateRows);
  const addLate = sqlite.prepare(statements.addLate);
  const dropLate = sqlite.prepare(statements.dropLate);
  const cellWriter = createCellWriter(sqlite, statements);
  const catalogue = createSeriesCatalogue(sqlite, statements);

  function marks(): Map<string, number> {
    return new Map(marksStatement.values().map(([name, value]) => [String(name), Number(value)]));
  }

  return {
    /** Requests with a smaller id are in the cells, but for the late ones. */
    rolled: () => marks().get("rolled") ?? 0,
    /** Takes the rows that wait, at most `rowsARound` new ones; says how many new ones. */
    roll(newest: number): number {
      const gone = marks();
      const fresh = freshRows.values(gone.get("rolled") ?? 0) as RollupRow[];
      const late = lateRows.values() as RollupRow[];
      const isYoung = youngShared(newest);
      const ready: RollupRow[] = [];
      for (const row of late) {
        if (isYoung(row)) continue;
        ready.push(row);
        dropLate.run(row[at.id]!);
      }
      for (const row of fresh) {
        if (isYoung(row)) addLate.run(row[at.id]!);
        else ready.push(row);
      }
      const deltas = deltasOf(ready, catalogue.of);
      for (const [id, delta] of deltas) {
        // A grain that is gone for that time stays gone.
        if (minuteOfCell(id) >= (gone.get(grainOfCell(id)) ?? 0)) cellWriter.add(id, delta);
      }
      const last = fresh.at(-1);
      if (last !== undefined) setRolled.run(last[at.id]! + 1);
      return fresh.length;
    },
  };
}

/** Adds to cells: what stands there is read, joined and written back. */
function createCellWriter(sqlite: Database, { readCell, writeCell }: RollupStatements) {
  const read = sqlite.prepare(readCell);
  const write = sqlite.prepare(writeCell);
  return {
    add(id: number, { counts, marks }: Delta): void {
      const [old] = read.values(id);
      const values: (number | Uint8Array)[] = [id];
      for (let place = 0; place < counts.length; place++) values.push(counts[place]! + Number(old?.[place] ?? 0));
      values.push(joinSpread((old?.[countColumns.length] as Uint8Array | undefined) ?? null, marks));
      write.run(...values);
    },
  };
}

/** The ids of series, made where they are missing, and the families of user agents. */
function createSeriesCatalogue(sqlite: Database, { allSeries, addSeries, findSeries }: RollupStatements) {
  const insert = sqlite.prepare(addSeries);
  const find = sqlite.prepare(findSeries);
  const families = createFamilies({ sqlite });
  const known = new Map<string, SeriesRef[]>();
  const ids = new Map<string, number>();
  for (const [id, ...values] of sqlite.query(allSeries).values()) ids.set(values.join(), Number(id));

  function idOf(values: SeriesValues): number {
    const name = values.join();
    const seen = ids.get(name);
    if (seen !== undefined) return seen;
    insert.run(...values);
    const id = Number(find.values(...values)[0]?.[0]);
    ids.set(name, id);
    return id;
  }

  return {
    of(row: RollupRow): readonly SeriesRef[] {
      const values = valuesOf(row, families.of);
      const name = values.join();
      let list = known.get(name);
      if (list === undefined) {
        list = seriesOf(values).map(({ level, values }) => ({ level, id: idOf(values) }));
        if (known.size > mostKnown) known.clear();
        known.set(name, list);
      }
      return list;
    },
  };
}

/** From a user agent's id to the smallest id of its family; new ones are read when they first come up. */
export function createFamilies({ sqlite }: { sqlite: Database }) {
  const newOnes = sqlite.prepare("select id, family from user_agents where id > ? order by id");
  const byId = new Map<number, number>();
  const first = new Map<string, number>();
  let last = 0;

  function load(): void {
    for (const [id, family] of newOnes.values(last) as [number, string][]) {
      if (!first.has(family)) first.set(family, id);
      byId.set(id, first.get(family)!);
      last = id;
    }
  }

  return {
    of(userAgentId: number): number {
      if (!byId.has(userAgentId)) load();
      return byId.get(userAgentId) ?? otherId;
    },
    /** Id and name of each family. */
    all(): [id: number, family: string][] {
      load();
      return [...first].map(([family, id]) => [id, family]);
    },
    /** The user agents of a family. */
    membersOf(familyId: number): number[] {
      load();
      return [...byId].filter(([, family]) => family === familyId).map(([id]) => id);
    },
  };
}

/** Combinations whose series are remembered. */
const mostKnown = 20_000;

function quarterOf(id: number): number {
  return Math.floor(minuteOfRequest(id) / 15);
}

/** Rows that count refusals still grow in their minute: they have no duration, and nobody waits for them. */
function youngShared(newest: number): (row: RollupRow) => boolean {
  const grown = firstIdAt((minuteOfRequest(newest) - 2) * 60_000);
  return (row) => row[at.durationMs] === null && row[at.outcome] !== outcomes.lost && row[at.id]! >= grown;
}
