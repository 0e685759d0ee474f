/**
 * `bun bench/quick.ts`: what CI runs of the benchmark. CPU time a request beside the bare pass-through's, for small JSON
 * and for streams that are passed; fails where the ratio is half of what it should be, and never because of a time. Who
 * falls short once is measured once more: on a machine of two cores it may have been a neighbour.
 * The last line says `N passed, N failed`.
 */
import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { startBare, startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { chooseCores, endAll, pinSelf } from "./process.ts";
import { questionFor } from "./questions.ts";
import { takeTurns } from "./rounds.ts";
import { countRows } from "./rows.ts";

/** `floor`: half of what bare ÷ zgate is with rounds as short as these (docs/decisions/060-speed.md has the long ones). */
const cases = [
  { title: "small JSON", stream: false, floor: 0.09 },
  { title: "stream of 200 chunks, passed", stream: true, floor: 0.22 },
];

const folder = resolve("bench/results", `quick-${process.pid}`);
mkdirSync(folder, { recursive: true });
process.on("exit", () => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

const cores = chooseCores();
pinSelf(cores.load);
const place = { folder, core: cores.gateway, key: `bench-${crypto.randomUUID()}` };
const simulator = await startSimulator({ folder, core: cores.load });
const upstream = upstreamAt(simulator.port, "openai");
const bare = await startBare(place, upstream);
const zgate = await startZgate(place, upstream);

let passed = 0;
let failed = 0;
let sent = 0;
const check = (isGood: boolean, what: string): void => {
  console.log(`${isGood ? "ok" : "FAILED"}: ${what}`);
  if (isGood) passed++;
  else failed++;
};

for (const one of cases) {
  let measured = await measure(one.stream);
  if (measured.ratio < one.floor) measured = await measure(one.stream);
  const { ratio, cpuUs, bad } = measured;
  const found = `bare ÷ zgate is ${ratio.toFixed(2)}, at least ${one.floor} (${cpuUs.toFixed(0)} µs of CPU time a request)`;
  check(ratio >= one.floor, `${one.title}: ${found}`);
  check(bad === 0, `${one.title}: ${bad} answers were not whole`);
}
const rows = await countRows(zgate, sent);
check(rows === sent, `${sent} requests sent, ${rows} on record`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

async function measure(stream: boolean) {
  const lines = [bare, zgate].map((gateway) => ({
    process: gateway.process,
    question: () => questionFor({ stream, dialect: "openai" }, gateway, place.key),
  }));
  const [, own] = await takeTurns(lines, { rounds: 3, warmUps: 2, roundMs: 500, connections: 64 });
  sent += own!.sent;
  return own!;
}
