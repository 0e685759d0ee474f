import { join } from "node:path";
import { ask } from "../src/db/socket.ts";
import { type Gateway, startBare, startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { questionFor, type Wish } from "./questions.ts";
import { type Line, takeTurns } from "./rounds.ts";
import { countRows } from "./rows.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

const json: Wish = { stream: false, dialect: "openai" };
const megabyte = 1024 * 1024;
const keyCount = 10_000;

/** What large bodies, many keys and refusals cost. */
export async function measureSize({ place, loadCore, scale }: Bench): Promise<Section> {
  const section = sectionOf("Large bodies, many keys, refusals", ["", "gateway", "CPU µs a request", "requests/s"]);
  const simulator = await startSimulator({ ...place, core: loadCore });
  const upstream = upstreamAt(simulator.port, "openai");
  const bare = await startBare(place, upstream);
  const zgate = await startZgate(place, upstream);
  let sent = 0;

  const measure = async (title: string, lines: [string, Line][], connections: number, mayBeBad = false) => {
    const turns = { rounds: 3, warmUps: 1, roundMs: 2000 * scale, connections };
    const taken = await takeTurns(
      lines.map(([, line]) => line),
      turns,
    );
    for (const [at, { cpuUs, requestsPerSecond, bad, sent: asked }] of taken.entries()) {
      const name = lines[at]![0];
      section.rows.push([title, name, cpuUs.toFixed(0), requestsPerSecond.toFixed(requestsPerSecond < 100 ? 1 : 0)]);
      section.values[`${title} ${name} µs`] = cpuUs;
      if (lines[at]![1].process === zgate.process) sent += asked;
      if (bad > 0 && !mayBeBad) section.problems.push(`${title}: ${bad} answers through ${name} were not whole`);
    }
  };
  const lineOf = (gateway: Gateway, key: () => string, filler = 0): Line => ({
    process: gateway.process,
    question: () => questionFor(json, gateway, key(), filler),
  });
  const own = () => place.key;

  for (const [title, bytes, connections] of [
    ["body of 1 MB", megabyte, 4],
    ["body of 20 MB", 20 * megabyte, 2],
  ] as const) {
    await measure(
      title,
      [
        ["bare", lineOf(bare, own, bytes)],
        ["zgate", lineOf(zgate, own, bytes)],
      ],
      connections,
    );
  }
  await measure("1 key", [["zgate", lineOf(zgate, own)]], 64);
  const keys = await makeKeys(zgate);
  await measure(`${keys.length} keys`, [["zgate", manyKeys(zgate, keys)]], 64);
  await measure("refused: unknown key", [["zgate", lineOf(zgate, () => "a-key-that-nobody-knows")]], 64, true);

  const rows = await countRows(zgate, sent);
  if (rows !== sent) section.problems.push(`${sent} requests were sent, ${rows} are on record`);
  section.notes.push(`${sent} requests sent through zgate, ${rows} on record, refused ones included.`);
  await Promise.all([bare, zgate, simulator].map(({ process }) => process.stop()));
  return section;
}

async function makeKeys({ dataDir }: Gateway): Promise<string[]> {
  const socket = join(dataDir!, "zgate.sock");
  const keys: string[] = [];
  while (keys.length < keyCount) {
    const names = Array.from({ length: 100 }, (_, at) => `bench ${keys.length + at}`);
    const made = await Promise.all(names.map((name) => ask(socket, "keys.create", { body: { name } })));
    for (const one of made) keys.push((one as { token: string }).token);
  }
  return keys;
}

/** Another key for each connection of each round. */
function manyKeys(gateway: Gateway, keys: string[]): Line {
  let next = 0;
  return {
    process: gateway.process,
    question() {
      next = (next + 997) % keys.length;
      return questionFor(json, gateway, keys[next]!);
    },
  };
}
