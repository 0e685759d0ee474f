/**
 * `bun run bench`: zgate beside a bare pass-through and whatever other proxies are installed, each alone on one core.
 * Prints tables, keeps them in `bench/results` and says what moved since the last run.
 *
 *     bun run bench [section …] [--quick] [--long] [--readme] [--folder DIR]
 *
 * `--quick` is for CI: under a minute, and fails only where a ratio is far off. `--readme` puts the tables into README.md.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureDisturbed } from "./disturbed.ts";
import { measureHeadline } from "./headline.ts";
import { measureHistory } from "./history.ts";
import { measureLatency } from "./latency.ts";
import { describeMachine } from "./machine.ts";
import { measureMemory } from "./memory.ts";
import { measurePaced } from "./paced.ts";
import { chooseCores, endAll, pinSelf } from "./process.ts";
import { between, compare, markdown, type Run } from "./report.ts";
import type { Bench, Section } from "./section.ts";
import { measureSize } from "./size.ts";
import { measureTranslated } from "./translated.ts";

/** In the order of the report. */
const sections: Record<string, { measure(bench: Bench): Promise<Section>; when: "always" | "usually" }> = {
  headline: { measure: measureHeadline, when: "always" },
  translated: { measure: measureTranslated, when: "usually" },
  latency: { measure: measureLatency, when: "always" },
  memory: { measure: measureMemory, when: "usually" },
  paced: { measure: measurePaced, when: "usually" },
  disturbed: { measure: measureDisturbed, when: "usually" },
  size: { measure: measureSize, when: "usually" },
  history: { measure: measureHistory, when: "usually" },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    readme: { type: "boolean", default: false },
    folder: { type: "string", default: "bench/results" },
  },
});

const results = resolve("bench", "results");
const folder = resolve(values.folder, `run-${process.pid}`);
mkdirSync(results, { recursive: true });
mkdirSync(folder, { recursive: true });
process.on("exit", () => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const cores = chooseCores();
pinSelf(cores.load);
const bench: Bench = {
  place: { folder, core: cores.gateway, key: `bench-${crypto.randomUUID()}` },
  loadCore: cores.load,
  scale: values.quick ? 0.25 : 1,
  isBrief: values.quick,
  isLong: values.long,
};

const run: Run = { machine: describeMachine(folder), sections: [] };
if (cores.gateway === null)
  console.log("taskset is missing, or there is one core: nothing is pinned, the numbers mix.");
if (run.machine.disk.isInMemory) console.log(`${folder} is in memory: commits cost nothing there. Use --folder.`);
for (const [name, { measure, when }] of Object.entries(sections)) {
  const isWanted = positionals.length > 0 ? positionals.includes(name) : when === "always" || !values.quick;
  if (!isWanted) continue;
  console.error(`measuring: ${name} …`);
  run.sections.push(await measure(bench));
}
console.log(`\n${markdown(run)}\n`);

const latest = join(results, values.quick ? "latest-quick.json" : "latest.json");
if (existsSync(latest)) {
  const moved = compare(run, JSON.parse(readFileSync(latest, "utf8")) as Run);
  console.log(
    moved.length > 0 ? `Since the last run:\n${moved.join("\n")}\n` : "Nothing moved by more than a tenth.\n",
  );
}
const text = JSON.stringify(run, null, 2);
writeFileSync(latest, text);
writeFileSync(join(results, `${new Date().toISOString().replaceAll(":", "-")}.json`), text);
if (values.readme) writeFileSync("README.md", between(readFileSync("README.md", "utf8"), "bench", markdown(run)));

const problems = run.sections.flatMap((section) => section.problems);
for (const problem of problems) console.log(`PROBLEM: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
