import type { Database } from "bun:sqlite";
import { isStorageFailure } from "~/db/failure.ts";
import { nameKinds } from "../../drizzle/numbers.ts";
import { createRollup } from "./rollup.ts";
import { beginSlots, type RowLoad, rowSlots, type Texts } from "./row.ts";
import type { Bound, RowStatements } from "./statements.ts";

/**
 * The recorder's side of the writer's thread: bun:sqlite prepares the statements that Drizzle made, and each load runs
 * through them inside the transaction of its batch.
 */
export function prepareRows(sqlite: Database, statements: RowStatements) {
  const rollup = createRollup(sqlite, statements.rollup);
  const begin = prepare(statements.begin);
  const end = prepare(statements.end);
  const drop = prepare(statements.drop);
  const addName = prepare(statements.addName);
  const addUserAgent = prepare(statements.addUserAgent);

  function prepare({ sql, params }: Bound) {
    return { statement: sqlite.prepare(sql), params };
  }

  function putAll(
    rows: Float64Array,
    texts: Texts,
    slots: readonly string[],
    prepared: Prepared,
    written: (id: number) => void,
  ): number[] {
    const { statement, params } = prepared;
    const skipped: number[] = [];
    const width = slots.length;
    const places = params.map((name) => slots.indexOf(name));
    const first = params.indexOf("clientRequestId");
    const second = params.indexOf("errorText");
    const values = new Array<number | string | null>(params.length).fill(null);
    let nextText = 0;
    for (let row = 0, offset = 0; offset < rows.length; row++, offset += width) {
      for (let at = 0; at < places.length; at++) {
        const place = places[at]!;
        if (place < 0) continue;
        const value = rows[offset + place]!;
        values[at] = value < 0 ? null : value;
      }
      const text = texts[nextText]?.[0] === row ? texts[nextText++] : undefined;
      values[first] = text?.[1] ?? null;
      if (second >= 0) values[second] = text?.[2] ?? null;
      try {
        if (statement.run(...values).changes > 0) written(rows[offset]!);
      } catch (error) {
        if (isStorageFailure(error)) throw error;
        skipped.push(rows[offset]!);
      }
    }
    return skipped;
  }

  return (rows: unknown): number[] => {
    const load = rows as RowLoad;
    if (load.newNames !== null) {
      for (const { id, kind, value } of load.newNames.names) addName.statement.run(id, nameKinds[kind], value);
      for (const { id, raw, family, version } of load.newNames.userAgents) {
        addUserAgent.statement.run(id, raw, family, version);
      }
    }
    putAll(load.begins, load.beginTexts, beginSlots, begin, () => {});
    const skipped = putAll(load.ends, load.endTexts, rowSlots, end, rollup.ended);
    for (const id of load.drops) drop.statement.run(id);
    rollup.round();
    return skipped;
  };
}

type Prepared = { statement: { run(...values: (number | string | null)[]): { changes: number } }; params: string[] };
