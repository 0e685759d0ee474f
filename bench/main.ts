import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { startSimulator } from "./gateways.ts";
import { cases, measureCase } from "./headline.ts";
import { describeMachine, measureCommits } from "./machine.ts";
import { chooseCores, endAll, pinSelf } from "./process.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    alone: { type: "boolean", default: false },
  },
});
const cores = chooseCores();
pinSelf(cores.load);
const folder = resolve("bench", "results", `run-${process.pid}`);
mkdirSync(folder, { recursive: true });
const place = { folder, core: cores.gateway, key: `bench-${crypto.randomUUID()}` };
try {
  console.log(describeMachine(folder), measureCommits(folder, 300));
  const simulator = await startSimulator({ folder, core: cores.load });
  for (const one of cases.filter(({ name }) => !values.only || values.only.split(",").includes(name))) {
    const result = await measureCase(one, simulator.port, place, {
      rounds: Number(values.rounds),
      roundMs: Number(values.seconds) * 1000,
      connections: 64,
      withOthers: !values.alone,
    });
    console.log(result.title, result.failures.slice(0, 3));
    console.table(result.measured);
  }
  await simulator.process.stop();
} finally {
  endAll();
  rmSync(folder, { recursive: true });
}
