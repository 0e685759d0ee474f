/**
 * A process that records as fast as it can, and prints the id of every record that ended. It is meant to be killed.
 * Argument: the data folder.
 */
import { writeSync } from "node:fs";
import { arrival, openHouse } from "../house.ts";

const store = await openHouse(process.argv[2]!);
for (let n = 0; n < 32; n++) void client(n);

async function client(n: number): Promise<never> {
  for (;;) {
    const record = await store.recorder.begin(arrival());
    record.facts.keyId = 1;
    if (n % 2 === 0) await Bun.sleep(n);
    await record.end("completed");
    // At once, so that whatever is read was ended.
    writeSync(1, `${record.id}\n`);
  }
}
