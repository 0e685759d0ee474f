import {
  type Gateway,
  startBare,
  startHaproxy,
  startNginx,
  startPortkey,
  startSimulator,
  startZgate,
  type Upstream,
  upstreamAt,
} from "./gateways.ts";
import { pump } from "./load.ts";
import { questionFor } from "./questions.ts";
import { takeTurns } from "./rounds.ts";
import { countRows } from "./rows.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

/** A request that is measured through every gateway. */
interface Case {
  name: string;
  title: string;
  dialect: Upstream["dialect"];
  stream: boolean;
  /** What bare ÷ zgate in CPU time a request should be. */
  goal: number;
  /** Below this something is broken, however busy the machine. */
  floor: number;
}

export const cases: Case[] = [
  { name: "json", title: "small JSON", dialect: "openai", stream: false, goal: 0.6, floor: 0.08 },
  { name: "passed", title: "stream of 200 chunks, passed", dialect: "openai", stream: true, goal: 0.85, floor: 0.1 },
  { name: "edited", title: "official stream of 200, edited", dialect: "zai", stream: true, goal: 0.6, floor: 0.08 },
  { name: "web", title: "web chat of 200, translated", dialect: "zai-web", stream: true, goal: 0.45, floor: 0.08 },
];

/** Enough for all cores to be busy, and for commits to be shared as they are under load. */
const connections = 64;

/** CPU time a request and rate, of every case through every gateway, in rounds that take turns. */
export async function measureHeadline(bench: Bench): Promise<Section> {
  const { place, loadCore, scale, isBrief } = bench;
  const section = sectionOf("CPU time a request", ["", "gateway", "µs a request", "bare ÷ it", "goal", "requests/s"]);
  const simulator = await startSimulator({ ...place, core: loadCore });
  for (const one of cases) {
    const gateways = await startAll(one, bench, simulator.port);
    const lines = gateways.map((gateway) => ({
      process: gateway.process,
      question: () => questionFor(one, gateway, place.key),
    }));
    const turns = { rounds: isBrief ? 2 : 5, warmUps: 5, roundMs: 2000 * scale, connections };
    const taken = await takeTurns(lines, turns);
    const zgate = gateways.findIndex(({ name }) => name === "zgate");
    const { sent } = taken[zgate]!;
    const rows = await countRows(gateways[zgate]!, sent);
    await Promise.all(gateways.map(({ process }) => process.stop()));

    for (const [at, { cpuUs, ratio, requestsPerSecond, isStarved, bad }] of taken.entries()) {
      const { name } = gateways[at]!;
      section.rows.push([
        one.title,
        name,
        cpuUs.toFixed(1),
        ratio.toFixed(2),
        at === zgate ? `≥ ${one.goal}` : "",
        `${isStarved ? "> " : ""}${Math.round(requestsPerSecond)}`,
      ]);
      section.values[`${one.name} ${name} µs`] = cpuUs;
      section.values[`${one.name} ${name} requests/s`] = requestsPerSecond;
      if (at === zgate) section.values[`${one.name} ratio`] = ratio;
      if (at === zgate && ratio < one.floor)
        section.problems.push(`${one.title}: bare ÷ zgate is ${ratio.toFixed(3)}, far below ${one.floor}`);
      if (bad > 0) section.problems.push(`${one.title}: ${bad} answers through ${name} were not whole`);
    }
    if (rows !== sent) section.problems.push(`${one.title}: ${sent} requests were sent, ${rows} are on record`);
    section.notes.push(`${one.title}: ${sent} requests sent through zgate, ${rows} on record.`);
  }
  await simulator.process.stop();
  section.notes.push(
    `${connections} connections. User and system time of all threads, median of the rounds. ` +
      "“>”: it did not have its core all the time, so the load, the simulated upstream or other work was the limit.",
  );
  return section;
}

/** The bare pass-through, zgate, and of the others those that are here and answer this case at all. */
async function startAll(one: Case, { place, isBrief }: Bench, simulator: number): Promise<Gateway[]> {
  const upstream = upstreamAt(simulator, one.dialect);
  const gateways = [await startBare(place, upstream), await startZgate(place, upstream)];
  if (isBrief) return gateways;
  for (const start of [startNginx, startHaproxy, startPortkey]) {
    const other = await start(place, upstream);
    if (other === null) continue;
    const { bad } = await pump(() => questionFor(one, other, place.key), 1, 0);
    if (bad === 0) gateways.push(other);
    else await other.process.stop();
  }
  return gateways;
}
