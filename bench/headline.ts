import {
  type Gateway,
  type Place,
  startBare,
  startHaproxy,
  startNginx,
  startZgate,
  type Upstream,
  upstreamAt,
} from "./gateways.ts";
import { pump, type Question, request } from "./load.ts";
import { median } from "./numbers.ts";
import type { Pinned } from "./process.ts";

/** A request that is measured through every gateway, with the answer that the simulated upstream gives to it. */
export interface Case {
  name: string;
  title: string;
  dialect: Upstream["dialect"];
  stream: boolean;
  /** The goal for bare ÷ zgate in CPU time a request. */
  goal: number;
  /** Below this something is broken, however busy the machine. */
  floor: number;
}

export const cases: Case[] = [
  { name: "json", title: "small JSON", dialect: "openai", stream: false, goal: 0.6, floor: 0.2 },
  { name: "passed", title: "stream of 200 chunks, passed", dialect: "openai", stream: true, goal: 0.85, floor: 0.25 },
  {
    name: "edited",
    title: "official stream of 200 chunks, edited",
    dialect: "zai",
    stream: true,
    goal: 0.6,
    floor: 0.08,
  },
  {
    name: "web",
    title: "web chat of 200 frames, translated",
    dialect: "zai-web",
    stream: true,
    goal: 0.45,
    floor: 0.06,
  },
];

export interface Measured {
  gateway: string;
  /** Microseconds of CPU time a request, all threads, user and system: the median of the rounds. */
  cpuUs: number;
  requestsPerSecond: number;
  /** Whether its core was not busy all the time: then the load or the simulated upstream was the limit. */
  isStarved: boolean;
  /** bare ÷ this one in CPU time a request, round by round; the median. */
  ratio: number;
}

export interface CaseResult {
  name: string;
  title: string;
  goal: number;
  measured: Measured[];
  failures: string[];
}

export interface Pace {
  rounds: number;
  roundMs: number;
  connections: number;
  /** Also nginx and HAProxy, where they are installed. */
  withOthers: boolean;
}

/** Every case through every gateway, in rounds that take turns. */
export async function measureCase(one: Case, simulator: number, place: Place, pace: Pace): Promise<CaseResult> {
  const upstream = upstreamAt(simulator, one.dialect);
  const gateways = [await startBare(place, upstream), await startZgate(place, upstream)];
  if (pace.withOthers) {
    for (const start of [startNginx, startHaproxy])
      gateways.push(...[await start(place, upstream)].filter((g) => g !== null));
  }
  const failures: string[] = [];
  const rounds: Round[][] = gateways.map(() => []);
  try {
    for (let round = -1; round < pace.rounds; round++) {
      // Each round begins with another one, so that no gateway always follows the same.
      for (let turn = 0; turn < gateways.length; turn++) {
        const at = (turn + Math.max(0, round)) % gateways.length;
        const gateway = gateways[at]!;
        const question = questionFor(one, gateway, place.key);
        const measured = await measure(question, gateway.process, pace);
        if (measured.bad > 0) failures.push(`${one.name}: ${measured.bad} bad answers through ${gateway.name}`);
        if (round >= 0) rounds[at]!.push(measured);
      }
    }
  } finally {
    await Promise.all(gateways.map(({ process }) => process.stop()));
  }
  const measured = gateways.map(({ name }, at) => ({
    gateway: name,
    cpuUs: median(rounds[at]!.map(({ cpuUs }) => cpuUs)),
    requestsPerSecond: median(rounds[at]!.map(({ requestsPerSecond }) => requestsPerSecond)),
    isStarved: median(rounds[at]!.map(({ busy }) => busy)) < 0.9,
    ratio: median(rounds[at]!.map(({ cpuUs }, round) => rounds[0]![round]!.cpuUs / cpuUs)),
  }));
  const { name, title, goal } = one;
  return { name, title, goal, measured, failures };
}

interface Round {
  cpuUs: number;
  requestsPerSecond: number;
  /** The share of the time in which its core worked for it. */
  busy: number;
  bad: number;
}

async function measure(question: Question, process: Pinned, { connections, roundMs }: Pace): Promise<Round> {
  const cpuBefore = process.cpuMs();
  const from = performance.now();
  const { good, bad } = await pump(question, connections, roundMs);
  const elapsed = performance.now() - from;
  const cpu = process.cpuMs() - cpuBefore;
  return { cpuUs: (cpu * 1000) / (good + bad), requestsPerSecond: (good / elapsed) * 1000, busy: cpu / elapsed, bad };
}

export function questionFor(
  { stream, dialect }: Pick<Case, "stream" | "dialect">,
  { port, name }: Gateway,
  key: string,
): Question {
  const body = JSON.stringify({
    model: "glm-4.7",
    messages: [
      { role: "system", content: "You are a helpful assistant that answers in a sentence or two." },
      { role: "user", content: "What does a gateway do, and why would somebody want one in front of a model?" },
    ],
    stream,
  });
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    accept: "*/*",
    "user-agent": "zgate-bench/1.0",
  };
  // The web chat's own stream ends in another way, and only zgate translates it.
  const isTold = stream && (dialect !== "zai-web" || name === "zgate");
  return { port, bytes: request("/v1/chat/completions", headers, body), ending: isTold ? "data: [DONE]" : "" };
}
