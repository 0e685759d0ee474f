import { pump, type Question } from "./load.ts";
import { median } from "./numbers.ts";
import type { Pinned } from "./process.ts";

/** One thing that is measured in turns with others. */
export interface Line {
  process: Pinned;
  /** The request that a connection asks; each may have another. */
  question(): Question;
}

export interface Turns {
  rounds: number;
  warmUps: number;
  roundMs: number;
  connections: number;
}

export interface Taken {
  /** Microseconds of CPU time a request, all threads, user and system: the median of the rounds. */
  cpuUs: number;
  requestsPerSecond: number;
  /** Whether its core was idle in between: then the load or the simulated upstream was the limit. */
  isStarved: boolean;
  /** The first line's CPU time ÷ this one's, round by round; the median. */
  ratio: number;
  /** All requests that were sent, warm-up included. */
  sent: number;
  /** Answers that were no 200 or did not end as they should. */
  bad: number;
}

/** Measures lines in rounds that take turns; each round begins with another one, so that none always follows the same. */
export async function takeTurns(lines: Line[], { rounds, warmUps, roundMs, connections }: Turns): Promise<Taken[]> {
  const taken = lines.map(() => [] as Round[]);
  const sent = lines.map(() => ({ requests: 0, bad: 0 }));
  for (let round = -warmUps; round < rounds; round++) {
    for (let turn = 0; turn < lines.length; turn++) {
      const at = (turn + round + warmUps) % lines.length;
      const measured = await measure(lines[at]!, connections, roundMs);
      sent[at]!.requests += measured.requests;
      sent[at]!.bad += measured.bad;
      if (round >= 0) taken[at]!.push(measured);
    }
  }
  return taken.map((own, at) => ({
    cpuUs: median(own.map(({ cpuUs }) => cpuUs)),
    requestsPerSecond: median(own.map(({ requestsPerSecond }) => requestsPerSecond)),
    isStarved: median(own.map(({ busy }) => busy)) < 0.9,
    ratio: median(own.map(({ cpuUs }, round) => taken[0]![round]!.cpuUs / cpuUs)),
    sent: sent[at]!.requests,
    bad: sent[at]!.bad,
  }));
}

interface Round {
  requests: number;
  bad: number;
  cpuUs: number;
  requestsPerSecond: number;
  /** The share of the time in which its core worked for it. */
  busy: number;
}

async function measure({ question, process }: Line, connections: number, ms: number): Promise<Round> {
  const cpuBefore = process.cpuMs();
  const from = performance.now();
  const { good, bad } = await pump(question, connections, ms);
  const elapsed = performance.now() - from;
  const cpu = process.cpuMs() - cpuBefore;
  const requests = good + bad;
  return {
    requests,
    bad,
    cpuUs: (cpu * 1000) / requests,
    requestsPerSecond: (requests / elapsed) * 1000,
    busy: cpu / elapsed,
  };
}
