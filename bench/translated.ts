import { startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { type Question, request } from "./load.ts";
import { takeTurns } from "./rounds.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

/** The APIs whose streams are told in words of their own, and what their last event has close to its end. */
const apis = [
  { name: "chat", path: "/v1/chat/completions", ending: "data: [DONE]" },
  { name: "messages", path: "/v1/messages", ending: '"type":"message_stop"' },
  { name: "responses", path: "/v1/responses", ending: "}}" },
] as const;
type Api = (typeof apis)[number];

/** The simulated upstream of a benchmark has no doors but the one for chat, so that Z.ai's is translated as well. */
const upstreams = ["openai", "zai", "zai-web"] as const;

/** A translated stream may cost so many times what a passed one does. */
const goal = 3;

/** Streams of 200 chunks through every API over every dialect, beside the one that is passed as it comes. */
export async function measureTranslated({ place, loadCore, scale }: Bench): Promise<Section> {
  const section = sectionOf("Every API over every upstream", [
    "API",
    "upstream",
    "CPU µs a stream",
    "÷ passed",
    "goal",
  ]);
  const simulator = await startSimulator({ ...place, core: loadCore });
  for (const dialect of upstreams) {
    const passing = await startZgate(place, upstreamAt(simulator.port, "openai"));
    const zgate = await startZgate(place, upstreamAt(simulator.port, dialect));
    const lines = [
      { process: passing.process, question: () => ask(apis[0], passing.port, place.key) },
      ...apis.map((api) => ({ process: zgate.process, question: () => ask(api, zgate.port, place.key) })),
    ];
    const taken = await takeTurns(lines, { rounds: 3, warmUps: 2, roundMs: 2000 * scale, connections: 64 });
    await Promise.all([passing.process.stop(), zgate.process.stop()]);
    for (const [at, { name }] of apis.entries()) {
      const { cpuUs, ratio, bad } = taken[at + 1]!;
      section.rows.push([name, dialect, cpuUs.toFixed(0), (1 / ratio).toFixed(2), `≤ ${goal}`]);
      section.values[`${name} over ${dialect} ÷ passed`] = 1 / ratio;
      if (bad > 0) section.problems.push(`${name} over ${dialect}: ${bad} answers were not whole`);
    }
  }
  await simulator.process.stop();
  section.notes.push(
    "Streams of 200 chunks that arrive at once; chat over openai is the passed one itself, once more.",
  );
  return section;
}

function ask({ name, path, ending }: Api, port: number, key: string): Question {
  const question = "What does a gateway do, and why would somebody want one in front of a model?";
  const body = {
    model: "glm-4.7",
    stream: true,
    ...(name === "messages" && { max_tokens: 1000 }),
    ...(name === "responses" ? { input: question } : { messages: [{ role: "user", content: question }] }),
  };
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "user-agent": "zgate-bench/1.0",
  };
  return { port, bytes: request(path, headers, JSON.stringify(body)), ending };
}
