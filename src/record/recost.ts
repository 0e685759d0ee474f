import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { type Price, priceFor } from "~/chat/prices.ts";
import type { Control } from "~/db/socket.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { names } from "../../drizzle/names.ts";
import { prices } from "../../drizzle/prices.ts";
import { currencies } from "../../drizzle/requests.ts";
import { firstIdAt } from "./request-id.ts";

/**
 * Writes into the rows of `[from, to)` (ms since 1970) what they would cost by today's prices, a step at a time. Their
 * cells follow with a rebuild of the days. Resolves with the number of rows that used tokens; `onStep` hears it so far.
 */
export async function recost(
  writer: Writer,
  from: number,
  to: number,
  onStep: (rows: number) => void = () => {},
): Promise<number> {
  const priced = await readPrices(writer);
  const [[[last]]] = (await writer.write([
    { sql: "select coalesce(max(id), 0) from requests where id < ?", params: [firstIdAt(to)] },
  ])) as [[[number]]];
  let rows = 0;
  for (let id = firstIdAt(from); id <= last; ) {
    const [[[first, end]]] = (await writer.write([
      {
        sql: "select min(id), max(id) + 1 from (select id from requests where id >= ? and id <= ? order by id limit ?)",
        params: [id, last, rowsAStep],
      },
    ])) as [[[number | null, number]]];
    if (first === null) break;
    const changed = await writer.write(statementsFor(priced, first, end));
    rows += changed.reduce((sum, list) => sum + list.length, 0);
    onStep(rows);
    id = end;
    await Bun.sleep(pauseMs);
  }
  return rows;
}

/** What was put anew: rows of a span, in ms since 1970. */
export interface Recosted {
  from: number;
  to: number;
  rows: number;
}

/** Lets the command line recompute costs while the server has the database. `note` puts it on the audit log. */
export function answerRecosts(control: Control, writer: Writer, note: (done: Recosted) => Promise<unknown>): void {
  control.on("costs.recompute", async ({ from, to }) => {
    const span = { from: Number(from), to: Number(to) };
    const done = { ...span, rows: await recost(writer, span.from, span.to) };
    await note(done);
    return done;
  });
}

const rowsAStep = 1_000;
const pauseMs = 10;
const build = drizzle.mock();
const dialect = new SQLiteSyncDialect();

interface Priced {
  modelId: number;
  price: Price;
}

/** The price of each model that a row names: the owner's own, else the listed one. */
async function readPrices(writer: Writer): Promise<Priced[]> {
  const [models, own] = await writer.write([
    build.select({ id: names.id, value: names.value }).from(names).where(eq(names.kind, "model")).toSQL(),
    build
      .select({
        model: prices.model,
        currency: prices.currency,
        inputMicro: prices.inputMicro,
        cachedMicro: prices.cachedMicro,
        outputMicro: prices.outputMicro,
        asOf: prices.asOf,
      })
      .from(prices)
      .toSQL(),
  ]);
  const owned = new Map((own ?? []).map(([model, ...price]) => [String(model), priceFrom(price)]));
  return (models ?? []).flatMap(([id, value]) => {
    const price = priceFor(String(value), owned);
    return price === null ? [] : [{ modelId: Number(id), price }];
  });
}

function priceFrom([currency, inputMicro, cachedMicro, outputMicro, asOf]: unknown[]): Price {
  return {
    currency: currency === "CNY" ? "CNY" : "USD",
    inputMicro: Number(inputMicro),
    cachedMicro: Number(cachedMicro),
    outputMicro: Number(outputMicro),
    asOf: String(asOf),
  };
}

/** As `costNano` has it: cached tokens are part of the input; millionths a million tokens are billionths a thousand. */
function statementsFor(priced: Priced[], first: number, end: number): Statement[] {
  const where = sql`requests.id >= ${first} and requests.id < ${end} and token_source <> 0`;
  const model = sql`coalesce(model_served_id, model_asked_id)`;
  const ids =
    priced.length === 0
      ? sql`select 0 where 0`
      : sql.join(
          priced.map(({ modelId }) => sql`${modelId}`),
          sql`, `,
        );
  const clear = sql`update requests set cost_nano = null, cost_currency = null where ${where} and (${model} is null or ${model} not in (${ids})) returning 1`;
  if (priced.length === 0) return [toStatement(clear)];
  const rows = priced.map(
    ({ modelId, price }) =>
      sql`(${modelId}, ${price.inputMicro}, ${price.cachedMicro}, ${price.outputMicro}, ${currencies[price.currency]})`,
  );
  const set = sql`
    with p (model, fresh, cached, output, currency) as (values ${sql.join(rows, sql`, `)})
    update requests set
      cost_nano = cast(round((
        (coalesce(tokens_in, 0) - min(coalesce(tokens_cached, 0), coalesce(tokens_in, 0))) * p.fresh
        + min(coalesce(tokens_cached, 0), coalesce(tokens_in, 0)) * p.cached
        + coalesce(tokens_out, 0) * p.output) / 1000.0) as integer),
      cost_currency = p.currency
    from p where ${where} and ${model} = p.model returning 1`;
  return [toStatement(clear), toStatement(set)];
}

function toStatement(query: ReturnType<typeof sql>): Statement {
  const { sql: text, params } = dialect.sqlToQuery(query);
  return { sql: text, params };
}
