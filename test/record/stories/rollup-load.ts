/**
 * A process that records as fast as it can, each request five seconds after the one before, so that quarters of hours
 * pass and the rollup has its rounds. It prints how many have ended, and is meant to be killed. Arguments: the data
 * folder, the first moment in ms since 1970.
 */
import { writeSync } from "node:fs";
import { arrival, openHouse } from "../house.ts";

const store = await openHouse(process.argv[2]!);
let now = Number(process.argv[3]);
let ended = 0;
for (let n = 0; n < 16; n++) void client(n);

async function client(n: number): Promise<never> {
  for (;;) {
    now += 5_000;
    const record = await store.recorder.begin(arrival({ acceptedAt: now, userAgent: `curl/8.${n % 3}` }));
    record.facts.keyId = 1 + (n % 4);
    record.facts.tokensOut = n;
    record.facts.tokenSource = "upstream";
    if (n % 4 === 0) await Bun.sleep(20);
    await record.end(n === 3 ? "aborted" : "completed");
    writeSync(1, `${++ended}\n`);
  }
}
