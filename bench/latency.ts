import { type Gateway, startBare, startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { schedule, warmUp } from "./load.ts";
import { measureCommits } from "./machine.ts";
import { quantile } from "./numbers.ts";
import { questionFor } from "./questions.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

const perSecond = 100;

/** Latency of small JSON at one connection: requests due at fixed moments, so that a slow answer counts for those behind it. */
export async function measureLatency({ place, loadCore, isBrief }: Bench): Promise<Section> {
  const section = sectionOf(`Latency at one connection, ${perSecond} requests a second`, ["", "p50 ms", "p99 ms"]);
  const simulator = await startSimulator({ ...place, core: loadCore });
  const upstream = upstreamAt(simulator.port, "openai");
  const bare = await startBare(place, upstream);
  const zgate = await startZgate(place, upstream);
  const direct: Pick<Gateway, "name" | "port" | "path"> = { name: "direct", port: simulator.port, path: upstream.path };
  const lines = [direct, bare, zgate].map((gateway) => ({ gateway, ms: [] as number[] }));
  const commits: number[] = [];

  const wish = { stream: false, dialect: "openai" } as const;
  const questions = [bare, zgate].map((gateway) => questionFor(wish, gateway, place.key));
  await warmUp(questions, isBrief ? 1000 : 8000);
  for (let block = -1; block < (isBrief ? 2 : 16); block++) {
    for (const { gateway, ms } of lines) {
      const question = questionFor(wish, gateway, place.key);
      const took = await schedule(question, perSecond, 100);
      if (block >= 0) ms.push(...took);
    }
    if (block >= 0) commits.push(...(await measureCommits(place.folder, 30, 1000 / perSecond)));
  }
  await Promise.all([bare, zgate, simulator].map(({ process }) => process.stop()));

  const of = (name: string) => {
    const { ms } = lines.find(({ gateway }) => gateway.name === name)!;
    return { p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) };
  };
  const [d, b, z] = [of("direct"), of("bare"), of("zgate")];
  const commit = { p50: quantile(commits, 0.5), p99: quantile(commits, 0.99) };
  const row = (name: string, { p50, p99 }: { p50: number; p99: number }) =>
    section.rows.push([name, p50.toFixed(2), p99.toFixed(2)]);
  row("straight to the simulated upstream", d);
  row("bare pass-through", b);
  row("zgate", z);
  row("one small commit on this disk, at the same pace", commit);
  row("zgate adds to bare", { p50: z.p50 - b.p50, p99: z.p99 - b.p99 });
  section.notes.push(
    `The goal for what zgate adds: one commit + 0.2 ms = ${(commit.p50 + 0.2).toFixed(2)} ms at p50, 1 ms at p99. ` +
      "Each answer waits for its row's commit on the disk; the bare pass-through writes nothing.",
  );
  section.values["latency added p50 ms"] = z.p50 - b.p50;
  section.values["latency added p99 ms"] = z.p99 - b.p99;
  section.values["commit p50 ms"] = commit.p50;
  return section;
}
