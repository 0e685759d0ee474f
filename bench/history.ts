import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { databasePath, openAndMigrate } from "../src/db/open.ts";
import { signIn } from "./disturbed.ts";
import { startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { makeMany } from "./many-requests.ts";
import { quantile } from "./numbers.ts";
import { questionFor } from "./questions.ts";
import { takeTurns } from "./rounds.ts";
import { countRows } from "./rows.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

/** Whether cost grows with history: the same zgate on an empty database and on a very large one. */
export async function measureHistory({ place, loadCore, isLong }: Bench): Promise<Section> {
  const rows = isLong ? 10_000_000 : 200_000;
  const section = sectionOf(`An empty database, and one of ${rows.toLocaleString("en")} requests`, [
    "",
    "start ms",
    "CPU µs a request",
    "requests/s",
    "MB after it",
    "dashboard p50 ms",
    "bytes a request",
  ]);
  const simulator = await startSimulator({ ...place, core: loadCore });
  const upstream = upstreamAt(simulator.port, "openai");
  const full = join(place.folder, "history");
  mkdirSync(full, { recursive: true, mode: 0o700 });
  const connection = openAndMigrate(databasePath(full));
  connection.sqlite.run("PRAGMA synchronous = OFF");
  makeMany(connection, { rows, days: 30, now: Date.now(), say: () => {} });
  connection.sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)");
  connection.close();
  const bytes = statSync(databasePath(full)).size / rows;

  const started: number[] = [];
  const gateways = [];
  for (const dataDir of [undefined, full]) {
    const from = performance.now();
    gateways.push(await startZgate(place, upstream, dataDir));
    started.push(performance.now() - from);
  }
  const lines = gateways.map((gateway) => ({
    process: gateway.process,
    question: () => questionFor({ stream: false, dialect: "openai" }, gateway, place.key),
  }));
  const turns = { rounds: isLong ? 60 : 5, warmUps: 3, roundMs: 2000, connections: 64 };
  const taken = await takeTurns(lines, turns);
  for (const [at, gateway] of gateways.entries()) {
    const { cpuUs, requestsPerSecond, sent, bad } = taken[at]!;
    const before = at === 1 ? rows : 0;
    const recorded = (await countRows(gateway, before + sent)) - before;
    if (bad > 0) section.problems.push(`${bad} answers were not whole`);
    if (recorded !== sent) section.problems.push(`${sent} requests were sent, ${recorded} are on record`);
    const memory = gateway.process.rssMb();
    const took: number[] = [];
    for (const ask of await signIn(gateway, place.key)) {
      for (let turn = 0; turn < 7; turn++) {
        const from = performance.now();
        await ask();
        took.push(performance.now() - from);
      }
    }
    section.rows.push([
      at === 1 ? "full" : "empty",
      started[at]!.toFixed(0),
      cpuUs.toFixed(1),
      requestsPerSecond.toFixed(0),
      memory.toFixed(0),
      quantile(took, 0.5).toFixed(0),
      at === 1 ? bytes.toFixed(0) : "",
    ]);
    section.notes.push(`${at === 1 ? "Full" : "Empty"}: ${sent} requests sent, ${recorded} on record.`);
    section.values[`history ${at === 1 ? "full" : "empty"} µs`] = cpuUs;
  }
  section.values["database bytes a request"] = bytes;
  await Promise.all([...gateways, simulator].map(({ process }) => process.stop()));
  return section;
}
