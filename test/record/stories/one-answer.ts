/**
 * A process that records one request, and says in a system call of its own when it began and when its end resolved: for
 * a test that reads the system calls. Arguments: the data folder, the durability.
 */
import { writeSync } from "node:fs";
import { arrival, openHouse, readRows, until } from "../house.ts";

const store = await openHouse(process.argv[2]!, { durability: process.argv[3] === "async" ? "async" : "ack" });
const record = await store.recorder.begin(arrival());
record.facts.keyId = 1;
// The first commit of a log syncs its header; the one that matters is the next.
await until(() => readRows(store).length === 1);
writeSync(1, "LAST BYTE OF THE UPSTREAM\n");
await record.end("completed");
writeSync(1, "LAST BYTE TO THE CLIENT\n");
process.exit(0);
