/**
 * `bun bench/keys.ts`: what it costs to know who asks and to hold him to his limits, with 10,000 keys, each with every
 * kind of limit. From memory alone: the writer below counts what would have gone to the disk meanwhile, which is nothing.
 */
import { systemClock } from "../src/clock.ts";
import type { Writer } from "../src/db/writer.ts";
import { createLimits } from "../src/gateway/limits.ts";
import { createKeys } from "../src/keys/keys.ts";
import { createPrices } from "../src/keys/prices.ts";
import { quantile } from "./numbers.ts";

const keyCount = 10_000;
const batches = 400;
const batchSize = 500;

let writes = 0;
const writer: Writer = {
  async write() {
    writes++;
    return [];
  },
};
const clock = systemClock;
const subkey = crypto.getRandomValues(new Uint8Array(32));
const keys = createKeys({ writer, clock, subkey, prefix: "sk-zg", rows: { keys: [], secrets: [] } });
const prices = createPrices({ writer, clock, rows: [] });
const limits = createLimits({ clock, zone: "Asia/Shanghai", costOf: prices.costOf });

const who = { actor: "bench", address: "", userAgent: "" };
const policy = {
  models: ["glm-4.*", "glm-5*"],
  networks: ["10.0.0.0/8", "2001:db8::/32"],
  requests_per_minute: 1e9,
  tokens_per_minute: 1e12,
  in_flight: 1e6,
  tokens_per_day: 1e12,
  usd_per_month: 1e6,
};
const headers: Headers[] = [];
for (let i = 0; i < keyCount; i++) {
  const { token } = await keys.create({ name: `key ${i}`, ...policy }, who);
  headers.push(new Headers({ authorization: `Bearer ${token}` }));
}
writes = 0;

const ask = { models: ["glm-4.6"], model: "glm-4.6", tokensIn: 500, maxTokens: 1_000 };
const used = { model: "glm-4.6", tokensIn: 500, tokensCached: 100, tokensOut: 300 };
const microseconds: number[] = [];
for (let batch = 0; batch < batches; batch++) {
  const started = performance.now();
  for (let i = 0; i < batchSize; i++) {
    // Keys in no order: none is still warm from the last time.
    const verified = keys.verify(headers[(i * 7_919 + batch * 104_729) % keyCount]!, "10.1.2.3");
    limits.reserve(verified, ask).settle(used);
  }
  microseconds.push(((performance.now() - started) / batchSize) * 1000);
}

// The first third is the compiler's.
const warm = microseconds.slice(batches / 3);
console.table({
  "verify + reserve + settle, 10,000 keys": {
    "median µs": quantile(warm, 0.5).toFixed(2),
    "p99 of 500s µs": quantile(warm, 0.99).toFixed(2),
    "wanted µs": "< 10",
    writes,
  },
});
