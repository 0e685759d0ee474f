import { eq, getTableColumns, type Placeholder, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { cells } from "../../drizzle/cells.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { rollupMarks, series } from "../../drizzle/series.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import { outcomes } from "./record.ts";
import { rollupRows } from "./rollup-query.ts";
import { countColumns } from "./rollup-row.ts";
import { beginSlots, rowSlots, textColumns } from "./row.ts";

/** A statement, and what each of its parameters is called. */
export interface Bound {
  sql: string;
  params: string[];
}

/**
 * What the recorder's side of the writer's thread writes rows and cells with. Drizzle makes it, once a process, on the
 * thread that has Drizzle anyway.
 */
export interface RowStatements {
  begin: Bound;
  end: Bound;
  drop: Bound;
  addName: Bound;
  addUserAgent: Bound;
  rollup: RollupStatements;
}

export function rowStatements(): RowStatements {
  return {
    begin: bound(beginStatement()),
    end: bound(endStatement()),
    drop: bound(
      build
        .delete(requests)
        .where(eq(requests.id, sql.placeholder("id")))
        .toSQL(),
    ),
    addName: bound(
      build
        .insert(names)
        .values(placeholders(["id", "kind", "value"]))
        .onConflictDoNothing()
        .toSQL(),
    ),
    addUserAgent: bound(
      build
        .insert(userAgents)
        .values(placeholders(["id", "raw", "family", "version"]))
        .onConflictDoNothing()
        .toSQL(),
    ),
    rollup: rollupStatements(),
  };
}

/** All bind and give values in the order of their columns; a cell's are its id, `countColumns` and the spread. */
export type RollupStatements = ReturnType<typeof rollupStatements>;

export function rollupStatements() {
  const [, ...named] = Object.values(getTableColumns(series)).map(({ name }) => name);
  const content = [...countColumns, "spread" as const].map((name) => cells[name].name);
  return {
    marks: build.select().from(rollupMarks).toSQL().sql,
    setRolled: build
      .insert(rollupMarks)
      .values({ name: sql.raw("'rolled'") as SQL<never>, value: sql.placeholder("value") })
      .onConflictDoUpdate({ target: rollupMarks.name, set: { value: sql`excluded.value` } })
      .toSQL().sql,
    freshRows: rollupRows(sql.raw("requests.id >= ?")).sql,
    lateRows: rollupRows(sql.raw("requests.id in (select id from late_requests)")).sql,
    addLate: "insert or ignore into late_requests (id) values (?)",
    dropLate: "delete from late_requests where id = ?",
    allSeries: build.select().from(series).toSQL().sql,
    addSeries: `insert or ignore into series (${named.join(", ")}) values (${named.map(() => "?").join(", ")})`,
    findSeries: `select id from series where ${named.map((name) => `${name} = ?`).join(" and ")}`,
    readCell: `select ${content.join(", ")} from cells where id = ?`,
    writeCell: `insert or replace into cells (id, ${content.join(", ")}) values (?, ${content.map(() => "?").join(", ")})`,
  };
}

const build = drizzle.mock();

/** A row as it stands while its request runs. */
function beginStatement() {
  return (
    build
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
function endStatement() {
  const columns = [...rowSlots, ...textColumns].filter((slot) => slot !== "id");
  return build
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

function bound({ sql, params }: { sql: string; params: unknown[] }): Bound {
  return { sql, params: params.map(placeholderOf) };
}

/** Drizzle gives a placeholder bare, or wrapped with the column's encoder, which our numbers have behind them already. */
function placeholderOf(param: unknown): string {
  if (typeof param === "object" && param !== null) {
    if ("name" in param && typeof param.name === "string") return param.name;
    if ("value" in param) return placeholderOf(param.value);
  }
  throw new Error("a statement of the recorder binds something that is no placeholder");
}
