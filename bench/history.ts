import { signIn } from "./disturbed.ts";
import { type Gateway, startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { schedule } from "./load.ts";
import { makeMonth } from "./month.ts";
import { quantile } from "./numbers.ts";
import { questionFor } from "./questions.ts";
import { takeTurns } from "./rounds.ts";
import { countRows } from "./rows.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

/** The load beside which pages are asked for once more: connections, and requests a second on each. */
const beside = { connections: 8, perSecond: 40, seconds: 6 };

/** Whether cost grows with history: the same zgate on an empty database and on a very large one. */
export async function measureHistory({ place, loadCore, isLong }: Bench): Promise<Section> {
  const rows = isLong ? 10_000_000 : 200_000;
  const section = sectionOf(`An empty database, and one of ${rows.toLocaleString("en")} requests`, [
    "",
    "start ms",
    "CPU µs a request",
    "requests/s",
    "MB after it",
    "overview, 30 days, p50 ms",
    "with traffic",
    "requests p50 ms",
    "with traffic",
    "bytes a request",
  ]);
  const simulator = await startSimulator({ ...place, core: loadCore });
  const upstream = upstreamAt(simulator.port, "openai");
  const month = makeMonth(place.folder, "history", rows);

  const started: number[] = [];
  const gateways: Gateway[] = [];
  for (const dataDir of [undefined, month.dataDir]) {
    const from = performance.now();
    gateways.push(await startZgate(place, upstream, dataDir));
    started.push(performance.now() - from);
  }
  const questionOf = (gateway: Gateway) => questionFor({ stream: false, dialect: "openai" }, gateway, place.key);
  const lines = gateways.map((gateway) => ({ process: gateway.process, question: () => questionOf(gateway) }));
  const turns = { rounds: isLong ? 60 : 5, warmUps: 3, roundMs: 2000, connections: 64 };
  const taken = await takeTurns(lines, turns);
  for (const [at, gateway] of gateways.entries()) {
    const { cpuUs, requestsPerSecond, sent, bad } = taken[at]!;
    const before = at === 1 ? rows : 0;
    const recorded = (await countRows(gateway, before + sent)) - before;
    if (bad > 0) section.problems.push(`${bad} answers were not whole`);
    if (recorded !== sent) section.problems.push(`${sent} requests were sent, ${recorded} are on record`);
    const memory = gateway.process.rssMb();
    const [overview, , requests] = await signIn(gateway, place.key);
    const alone = [await medianMs(overview!, 7), await medianMs(requests!, 7)];
    const { connections, perSecond, seconds } = beside;
    const traffic = Promise.all(
      Array.from({ length: connections }, () => schedule(questionOf(gateway), perSecond, perSecond * seconds)),
    );
    const meanwhile = [await medianMs(overview!, 5), await medianMs(requests!, 15)];
    await traffic;
    const name = at === 1 ? "full" : "empty";
    section.rows.push([
      name,
      started[at]!.toFixed(0),
      cpuUs.toFixed(1),
      requestsPerSecond.toFixed(0),
      memory.toFixed(0),
      ...[alone[0], meanwhile[0], alone[1], meanwhile[1]].map((ms) => ms!.toFixed(0)),
      at === 1 ? (month.bytes / rows).toFixed(0) : "",
    ]);
    section.notes.push(`${name === "full" ? "Full" : "Empty"}: ${sent} requests sent, ${recorded} on record.`);
    section.values[`history ${name} µs`] = cpuUs;
    section.values[`history ${name} overview ms`] = alone[0]!;
    section.values[`history ${name} overview with traffic ms`] = meanwhile[0]!;
  }
  section.notes.push(
    `Pages from the question to their last byte, of 30 days. With traffic: ${beside.connections * beside.perSecond} requests a second at the same time, ` +
      "on the same core. The overview breaks down by address as well, which only the rows know, and gives that a tenth of a second.",
  );
  section.values["database bytes a request"] = month.bytes / rows;
  await Promise.all([...gateways, simulator].map(({ process }) => process.stop()));
  return section;
}

async function medianMs(ask: () => Promise<number>, times: number): Promise<number> {
  const took: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    const from = performance.now();
    await ask();
    took.push(performance.now() - from);
  }
  return quantile(took, 0.5);
}
