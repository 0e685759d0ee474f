import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Control } from "~/db/socket.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { cells, grainsPerSeries, minutesPerGrain } from "../../drizzle/cells.ts";
import { rollupMarks, series } from "../../drizzle/series.ts";
import type { CellContent, CellDifference } from "./rollup-check.ts";
import { countColumns } from "./rollup-row.ts";
import { type Dimension, dimensions } from "./series.ts";

/**
 * The statements that put cells right. Each changes its cell only as it was when it was read: what has been added since
 * is never lost, and the next check finds what is left. The last one tells who remembers sums of cells.
 */
export function repair(differences: readonly CellDifference[]): Statement[] {
  const noteIt = build
    .insert(rollupMarks)
    .values({ name: "repaired", value: 1 })
    .onConflictDoUpdate({ target: rollupMarks.name, set: { value: sql`${rollupMarks.value} + 1` } })
    .toSQL();
  return [...differences.flatMap(repairOne), noteIt];
}

function repairOne({ series: values, grain, minute, should, is }: CellDifference): Statement[] {
  const named = Object.fromEntries(dimensions.map((name, place) => [seriesColumns[name], values[place]]));
  const addSeries = build.insert(series).values(named).onConflictDoNothing().toSQL();
  const where = dimensions.map((name, place) => sql`${series[seriesColumns[name]]} = ${values[place]}`);
  const id = sql<number>`(select ${series.id} from ${series} where ${sql.join(where, sql` and `)}) * ${sql.raw(
    String(grainsPerSeries * minutesPerGrain),
  )} + ${grain * minutesPerGrain + minute}`;
  const asItWas = is === null ? sql`1` : sql.join(matches(is), sql` and `);
  if (should === null) {
    return [build.delete(cells).where(sql`${cells.id} = ${id} and ${asItWas}`).toSQL()];
  }
  const content = { ...countsOf(should), spread: Buffer.from(should.spread) };
  if (is === null)
    return [
      addSeries,
      build
        .insert(cells)
        .values({ id, ...content })
        .onConflictDoNothing()
        .toSQL(),
    ];
  return [build.update(cells).set(content).where(sql`${cells.id} = ${id} and ${asItWas}`).toSQL()];
}

/** Differences as a line of JSON carries them. */
export function packed(differences: readonly CellDifference[]): unknown {
  const pack = (content: CellContent | null) =>
    content && { counts: content.counts, spread: Buffer.from(content.spread).toString("base64") };
  return differences.map((difference) => ({ ...difference, should: pack(difference.should), is: pack(difference.is) }));
}

/** Lets the command line repair cells while the server has the database. */
export function answerRepairs(control: Control, writer: Writer): void {
  control.on("rollup.repair", async ({ cells }) => {
    const differences = unpacked(cells);
    await writer.write(repair(differences));
    return { repaired: differences.length };
  });
}

const build = drizzle.mock();

const seriesColumns = {
  key: "keyId",
  api: "apiId",
  model: "modelId",
  upstream: "upstreamId",
  family: "familyId",
  outcome: "outcome",
  error: "errorKind",
  status: "status",
} as const satisfies Record<Dimension, keyof typeof series.$inferInsert>;

function countsOf({ counts }: CellContent): Record<(typeof countColumns)[number], number> {
  return Object.fromEntries(countColumns.map((name, at) => [name, counts[at]])) as Record<
    (typeof countColumns)[number],
    number
  >;
}

function matches({ counts, spread }: CellContent) {
  return [
    ...countColumns.map((name, at) => sql`${cells[name]} = ${counts[at]}`),
    sql`${cells.spread} = ${Buffer.from(spread)}`,
  ];
}

function unpacked(text: unknown): CellDifference[] {
  if (!Array.isArray(text)) throw new Error("'cells' is a list");
  const unpack = (content: { counts: number[]; spread: string } | null) =>
    content && { counts: content.counts.map(Number), spread: new Uint8Array(Buffer.from(content.spread, "base64")) };
  return text.map((one) => ({
    series: dimensions.map((_, place) => Number(one.series[place])),
    grain: Number(one.grain),
    minute: Number(one.minute),
    should: unpack(one.should),
    is: unpack(one.is),
  }));
}
