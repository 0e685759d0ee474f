import { eq } from "drizzle-orm";
import { costNano, listedPrices, type Price, priceFor } from "~/chat/prices.ts";
import type { Clock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import { type PriceRow, prices } from "../../drizzle/prices.ts";
import { hasControls, invalid, noneOf, notBetween, numberOf, readBody, tooSmall } from "./fields.ts";
import { audit, build, createQueue, type Who } from "./statements.ts";

/** Amounts in `currency` for a million tokens. */
export interface PriceView {
  model: string;
  currency: Price["currency"];
  input: number;
  cached: number;
  output: number;
  as_of: string;
  /** Whether the owner set it, or it is the one that zgate ships. */
  source: "owner" | "list";
}

/** What models cost: the list that zgate ships, and the owner's own prices above it. */
export interface Prices {
  list(): PriceView[];
  /** The price of a model by any of its names; null where none is known. */
  priceOf(model: string): Price | null;
  /** What a request cost, in billionths of a US dollar; null for a model without a price in dollars. */
  costOf(used: { model: string; tokensIn: number; tokensCached: number; tokensOut: number }): number | null;
  /** `body`: `input`, `output`, and `cached` where it differs from `input`; US dollars unless `currency` says CNY. */
  set(model: string, body: unknown, who: Who): Promise<PriceView>;
  /** Back to the list. */
  reset(model: string, who: Who): Promise<void>;
}

export function createPrices(parts: { writer: Writer; clock: Clock; rows: readonly PriceRow[] }): Prices {
  const { writer, clock } = parts;
  const own = new Map<string, Price>(parts.rows.map((row) => [row.model, fromRow(row)]));
  const serially = createQueue();

  const priceOf = (model: string) => priceFor(model, own);

  return {
    list: () => {
      const models = [...new Set([...own.keys(), ...listedPrices.keys()])].sort();
      return models.map((model) => view(model, own.get(model) ?? listedPrices.get(model)!, own.has(model)));
    },

    priceOf,

    costOf({ model, tokensIn, tokensCached, tokensOut }) {
      const price = priceOf(model);
      if (price?.currency !== "USD") return null;
      return costNano(price, { in: tokensIn, cached: tokensCached, out: tokensOut });
    },

    set: (model, body, who) =>
      serially(async () => {
        const now = clock.now();
        const name = readModelName(model);
        const price = readPrice(body, now);
        const row: PriceRow = { model: name, ...price };
        const before = own.get(name) ?? listedPrices.get(name);
        await writer.write([
          build.insert(prices).values(row).onConflictDoUpdate({ target: prices.model, set: row }).toSQL(),
          audit(who, now, {
            action: "price.set",
            subject: `price ${name}`,
            before: before && { ...view(name, before, own.has(name)) },
            after: { ...view(name, price, true) },
          }),
        ]);
        own.set(name, price);
        return view(name, price, true);
      }),

    reset: (model, who) =>
      serially(async () => {
        const before = own.get(model);
        if (!before)
          throw new GatewayError("not_found", `The model '${model.slice(0, 100)}' has no price of its owner's.`, {
            zh: `模型“${model.slice(0, 100)}”没有自定义价格。`,
            param: "model",
          });
        await writer.write([
          build.delete(prices).where(eq(prices.model, model)).toSQL(),
          audit(who, clock.now(), {
            action: "price.reset",
            subject: `price ${model}`,
            before: { ...view(model, before, true) },
          }),
        ]);
        own.delete(model);
      }),
  };
}

const micro = 1_000_000;

function view(model: string, price: Price, isOwn: boolean): PriceView {
  return {
    model,
    currency: price.currency,
    input: price.inputMicro / micro,
    cached: price.cachedMicro / micro,
    output: price.outputMicro / micro,
    as_of: price.asOf,
    source: isOwn ? "owner" : "list",
  };
}

function fromRow({ model: _, currency, ...amounts }: PriceRow): Price {
  return { ...amounts, currency: currency === "CNY" ? "CNY" : "USD" };
}

function readModelName(model: string): string {
  if (/^\S{1,100}$/u.test(model) && !hasControls(model)) return model;
  throw invalid(
    "model",
    "'model' must be a model's name of at most 100 characters.",
    "“model”必须是模型名，最多 100 个字符。",
  );
}

function readPrice(body: unknown, now: number): Price {
  const fields = readBody(body, ["currency", "input", "cached", "output"]);
  const currency = fields.currency ?? "USD";
  if (currency !== "USD" && currency !== "CNY") throw noneOf("currency", ["USD", "CNY"]);
  const inputMicro = readAmount(fields.input, "input");
  return {
    currency,
    inputMicro,
    cachedMicro: fields.cached === undefined || fields.cached === "" ? inputMicro : readAmount(fields.cached, "cached"),
    outputMicro: readAmount(fields.output, "output"),
    asOf: new Date(now).toISOString().slice(0, 10),
  };
}

function readAmount(value: unknown, field: string): number {
  const amount = numberOf(value);
  if (amount === null) {
    throw invalid(field, `'${field}' must be an amount for a million tokens.`, `“${field}”必须是每百万 token 的金额。`);
  }
  if (amount < 0 || amount > 10_000) throw notBetween(field, 0, 10_000);
  if (amount > 0 && amount * micro < 1) throw tooSmall(field, "0.000001");
  return Math.round(amount * micro);
}
