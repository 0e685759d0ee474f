import { expect, test } from "bun:test";
import { costNano, listedPrices } from "~/chat/prices.ts";
import { openReadOnly } from "~/db/open.ts";
import { loadRecent, loadUse } from "~/record/use.ts";
import { cells } from "../../drizzle/cells.ts";
import { lateRequests } from "../../drizzle/series.ts";
import { holdClock } from "../helpers/clock.ts";
import { arrival, dataFolder, openHouse } from "./house.ts";

const model = "glm-4.6";
const priceOf = (name: string) => listedPrices.get(name) ?? null;
const costOf = (used: { model: string; tokensIn: number; tokensCached: number; tokensOut: number }) => {
  const price = priceOf(used.model);
  return price && costNano(price, { in: used.tokensIn, cached: used.tokensCached, out: used.tokensOut });
};

test("what keys used is told from cells and from the rows that are in none yet, each once", async () => {
  using folder = dataFolder();
  const hour = 3_600_000;
  const start = Date.UTC(2026, 10, 1);
  const clock = holdClock(start);
  const store = await openHouse(folder.path, { clock, priceOf });
  const made: { at: number; keyId: number; tokens: number; nanoUsd: number }[] = [];
  const unfinished: (() => Promise<void>)[] = [];
  for (let i = 0; i < 120; i++) {
    clock.pass(17 * 60_000 + i);
    const record = await store.recorder.begin(arrival({ acceptedAt: clock.now(), acceptedTick: clock.tick() }));
    const used = { model, tokensIn: 100 + i, tokensCached: i, tokensOut: 7 * i };
    const keyId = 1 + (i % 3);
    const facts = { ...used, modelServed: model, keyId, secretId: keyId, status: 200, tokenSource: "upstream" };
    made.push({ at: clock.now(), keyId, tokens: used.tokensIn + used.tokensOut, nanoUsd: costOf(used)! });
    const finish = () => {
      Object.assign(record.facts, facts);
      return record.end(i % 5 === 0 ? "aborted" : "completed");
    };
    // Long streams: the rollup has passed them by the time they end.
    if (i % 40 === 30) unfinished.push(finish);
    else await finish();
  }
  for (const finish of unfinished) await finish();
  await store.close();

  const { db, close } = openReadOnly(store.path);
  expect(await db.$count(cells)).toBeGreaterThan(0);
  expect(await db.$count(lateRequests)).toBeGreaterThan(0);
  for (const since of [start, start + 10 * hour, start + 10.5 * hour, start + 25.75 * hour, clock.now() + hour]) {
    const uses = new Map<number, { keyId: number; tokens: number; nanoUsd: number }>();
    for (const { keyId, tokens, nanoUsd } of made.filter(({ at }) => at >= since)) {
      const use = uses.get(keyId) ?? { keyId, tokens: 0, nanoUsd: 0 };
      uses.set(keyId, { keyId, tokens: use.tokens + tokens, nanoUsd: use.nanoUsd + nanoUsd });
    }
    const sorted = (list: Iterable<{ keyId: number }>) => [...list].sort((a, b) => a.keyId - b.keyId);
    expect(sorted(loadUse(db, since, costOf))).toEqual(sorted(uses.values()));
  }
  const last = made.at(-1)!;
  expect(loadRecent(db, clock.now() - 60_000)).toEqual([
    { keyId: last.keyId, at: last.at, requests: 1, tokens: last.tokens },
  ]);
  close();
});
