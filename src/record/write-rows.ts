import { eq, type Placeholder, type SQL, sql } from "drizzle-orm";
import { isStorageFailure } from "~/db/failure.ts";
import type { Connection, Db } from "~/db/open.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import { outcomes } from "./record.ts";
import { createRollup } from "./rollup.ts";
import { beginSlots, type RowLoad, rowSlots, type Texts, textColumns } from "./row.ts";

/**
 * The recorder's side of the writer's thread: Drizzle makes the statements once, bun:sqlite prepares them, and each load
 * runs through them inside the transaction of its batch.
 */
export function prepareRows(connection: Connection) {
  const { db, sqlite } = connection;
  const rollup = createRollup(connection);
  const begin = prepare(beginStatement(db));
  const end = prepare(endStatement(db));
  const drop = prepare(
    db
      .delete(requests)
      .where(eq(requests.id, sql.placeholder("id")))
      .toSQL(),
  );

  function prepare({ sql, params }: { sql: string; params: unknown[] }) {
    return { statement: sqlite.prepare(sql), params: params.map(placeholderOf) };
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
      for (const row of load.newNames.names) db.insert(names).values(row).onConflictDoNothing().run();
      for (const row of load.newNames.userAgents) db.insert(userAgents).values(row).onConflictDoNothing().run();
    }
    putAll(load.begins, load.beginTexts, beginSlots, begin, () => {});
    const skipped = putAll(load.ends, load.endTexts, rowSlots, end, rollup.ended);
    for (const id of load.drops) drop.statement.run(id);
    rollup.round();
    return skipped;
  };
}

type Prepared = { statement: { run(...values: (number | string | null)[]): { changes: number } }; params: string[] };

/** A row as it stands while its request runs. */
function beginStatement(db: Db) {
  return (
    db
      .insert(requests)
      .values({
        ...placeholders(beginSlots),
        clientRequestId: sql.placeholder("clientRequestId"),
        outcome: literal(outcomes.running),
        requests: literal(1),
        stream: literal(0),
        attempts: literal(0),
        tokenSource: literal(0),
        bytesIn: literal(0),
        bytesOut: literal(0),
      })
      // Sent once more after a failure that was none.
      .onConflictDoNothing()
      .toSQL()
  );
}

/**
 * A whole row, whether it stands as running already or not. A row that has ended is sent again only when its answer was
 * lost, and changes nothing: the rollup may have counted it. The number of a row that counts many does grow.
 */
function endStatement(db: Db) {
  const columns = [...rowSlots, ...textColumns].filter((slot) => slot !== "id");
  return db
    .insert(requests)
    .values({ ...placeholders(rowSlots), ...placeholders(textColumns) })
    .onConflictDoUpdate({
      target: requests.id,
      set: Object.fromEntries(columns.map((slot) => [slot, sql`excluded.${sql.identifier(requests[slot].name)}`])),
      setWhere: sql`${requests.outcome} = 0 or ${requests.requests} <> excluded.requests`,
    })
    .toSQL();
}

function placeholders<Name extends string>(slots: readonly Name[]): Record<Name, Placeholder> {
  const all: Partial<Record<Name, Placeholder>> = {};
  for (const slot of slots) all[slot] = sql.placeholder(slot);
  return all as Record<Name, Placeholder>;
}

/** In the statement itself, so that nothing is bound for it. */
function literal(number: number): SQL<never> {
  return sql.raw(String(number)) as SQL<never>;
}

/** Drizzle gives a placeholder bare, or wrapped with the column's encoder, which our numbers have behind them already. */
function placeholderOf(param: unknown): string {
  if (typeof param === "object" && param !== null) {
    if ("name" in param && typeof param.name === "string") return param.name;
    if ("value" in param) return placeholderOf(param.value);
  }
  throw new Error("a statement of the recorder binds something that is no placeholder");
}
