import { type Gateway, startBare, startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { followStreams } from "./load.ts";
import { quantile } from "./numbers.ts";
import type { Pinned } from "./process.ts";
import { questionFor } from "./questions.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

/** A stream as models send them: a chunk every so often. */
const chunks = 100;
const paceMs = 20;
const levels = [1, 64, 512, 1000];

/** Streams at the pace of a model: what zgate adds to the first token and between two chunks, and CPU time a stream. */
export async function measurePaced({ place, loadCore, scale }: Bench): Promise<Section> {
  const section = sectionOf(`Streams of ${chunks} chunks, one in ${paceMs} ms`, [
    "open streams",
    "",
    "first token p50 ms",
    "p99 ms",
    "late chunks p50 ms",
    "p99 ms",
    "CPU µs a chunk",
    "load busy",
  ]);
  const pace = ["--pace", String(paceMs), "--chunks", String(chunks)];
  const simulator = await startSimulator({ ...place, core: loadCore }, pace);
  const upstream = upstreamAt(simulator.port, "openai");
  const bare = await startBare(place, upstream);
  const zgate = await startZgate(place, upstream);
  for (const gateway of [bare, zgate]) await follow(gateway, simulator.process, place.key, 256, Math.round(4 * scale));
  for (const open of levels.filter((level) => scale === 1 || level <= 64)) {
    const rounds = open === 1 ? Math.max(2, Math.round(6 * scale)) : 2;
    for (const gateway of [bare, zgate]) {
      const { first, late, cpuUs, busy, bad } = await follow(gateway, simulator.process, place.key, open, rounds);
      const cells = [quantile(first, 0.5), quantile(first, 0.99), quantile(late, 0.5), quantile(late, 0.99)];
      section.rows.push([
        `${open}`,
        gateway.name,
        ...cells.map((ms) => ms.toFixed(2)),
        cpuUs.toFixed(0),
        `${Math.round(busy * 100)} %`,
      ]);
      section.values[`${open} paced ${gateway.name} first token p99 ms`] = cells[1]!;
      section.values[`${open} paced ${gateway.name} CPU µs a chunk`] = cpuUs;
      if (bad > 0) section.problems.push(`${bad} of ${open} paced streams were not whole through ${gateway.name}`);
    }
  }
  await Promise.all([bare, zgate, simulator].map(({ process }) => process.stop()));
  section.notes.push(
    "First token: from the request to the first word. Late: how much longer than its pace a chunk took after the one " +
      "before it. What zgate adds is the difference to the bare pass-through. Load busy: the share of its core that the " +
      "clients and the simulated upstream took; near 100 % they are late themselves.",
  );
  return section;
}

async function follow(gateway: Gateway, simulator: Pinned, key: string, open: number, rounds: number) {
  const first: number[] = [];
  const late: number[] = [];
  let bad = 0;
  const question = questionFor({ stream: true, dialect: "openai" }, gateway, key);
  const loadMs = () => simulator.cpuMs() + (process.cpuUsage().user + process.cpuUsage().system) / 1000;
  const before = { cpu: gateway.process.cpuMs(), load: loadMs(), at: performance.now() };
  for (let round = 0; round < rounds; round++) {
    const streams = await followStreams(question, open, paceMs * chunks * 0.5);
    for (const stream of streams) {
      if (!stream.isGood) bad++;
      first.push(stream.firstMs);
      for (const gap of stream.gapsMs) late.push(gap - paceMs);
    }
  }
  const cpuUs = ((gateway.process.cpuMs() - before.cpu) * 1000) / (rounds * open * chunks);
  return { first, late, bad, cpuUs, busy: (loadMs() - before.load) / (performance.now() - before.at) };
}
