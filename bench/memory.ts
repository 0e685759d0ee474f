import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  type Gateway,
  type Place,
  startBare,
  startSimulator,
  startZgate,
  type Upstream,
  upstreamAt,
} from "./gateways.ts";
import { deafClients, pump } from "./load.ts";
import { questionFor } from "./questions.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

const streams = 1000;
/** What the first ones left behind must not weigh on the next. */
const bursts = 2;
const deafCount = 8;
/** 25 MB of stream: more than the system's own buffers take. */
const endless = ["--chunks", "100000"];

/** Resident memory at rest, with many open streams, and with clients that ask and do not read. */
export async function measureMemory({ place, loadCore, scale }: Bench): Promise<Section> {
  const section = sectionOf("Resident memory in MB", [
    "",
    "at rest",
    `${streams} open streams`,
    "after them",
    "a client that does not read",
  ]);
  const paced = await startSimulator({ ...place, core: loadCore }, ["--pace", "20"]);
  const long = await startSimulator({ ...place, core: loadCore }, endless);
  const cost: Record<string, number> = {};
  for (const start of [startBare, startZgate, ...(existsSync(binary) ? [startBinary] : [])]) {
    const gateway = await start(place, upstreamAt(paced.port, "openai"));
    // What a start needs for a moment, the hash of a password above all, is gone after some seconds.
    await Bun.sleep(12_000 * scale);
    const rest = gateway.process.rssMb();
    const { peak, after, bad } = await openStreams(gateway, place.key, scale);
    await gateway.process.stop();

    const other = await start(place, upstreamAt(long.port, "openai"));
    const deaf = await costOfDeaf(other, place.key, scale);
    await other.process.stop();

    cost[gateway.name] = deaf;
    section.rows.push([gateway.name, rest.toFixed(0), peak.toFixed(0), after.toFixed(0), deaf.toFixed(1)]);
    section.values[`${gateway.name} MB at rest`] = rest;
    section.values[`${gateway.name} MB with ${streams} streams`] = peak;
    section.values[`${gateway.name} MB after ${streams} streams`] = after;
    section.values[`${gateway.name} MB a deaf client`] = deaf;
    if (bad > 0) section.problems.push(`${bad} of ${streams} open streams were not whole through ${gateway.name}`);
  }
  await Promise.all([paced, long].map(({ process }) => process.stop()));
  section.notes.push(
    `Streams of 200 chunks, one in 20 ms, all at once, and ${bursts} times so. The goal: at most 80 MB at rest, 150 after streams. ` +
      `A client that does not read: growth for each of ${deafCount}, answers of 25 MB; at most 1.5 times the bare pass-through's.`,
  );
  if ((cost.zgate ?? 0) > Math.max(8, (cost.bare ?? 0) * 4))
    section.problems.push(`A client that does not read costs ${cost.zgate?.toFixed(1)} MB`);
  return section;
}

/** As `bun run build` made it last. */
const binary = resolve("dist/zgate");

async function startBinary(place: Place, upstream: Upstream): Promise<Gateway> {
  return { ...(await startZgate(place, upstream, undefined, [binary])), name: "zgate, built" };
}

async function openStreams(gateway: Gateway, key: string, scale: number) {
  const question = questionFor({ stream: true, dialect: "openai" }, gateway, key);
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, gateway.process.rssMb());
  }, 100);
  let bad = 0;
  for (let burst = 0; burst < bursts; burst++) {
    bad += (await pump(() => question, streams, 0)).bad;
    await Bun.sleep(4000 * scale);
  }
  clearInterval(watch);
  return { peak, after: gateway.process.rssMb(), bad };
}

async function costOfDeaf(gateway: Gateway, key: string, scale: number): Promise<number> {
  const question = questionFor({ stream: true, dialect: "openai" }, gateway, key);
  const some = await deafClients(question, 2);
  await Bun.sleep(2000 * scale);
  const before = gateway.process.rssMb();
  const more = await deafClients(question, deafCount);
  await Bun.sleep(4000 * scale);
  const grown = gateway.process.rssMb() - before;
  for (const leave of [some, more]) leave();
  return grown / deafCount;
}
