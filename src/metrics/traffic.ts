import { type ErrorKind, errorKinds } from "~/errors.ts";
import { type Facts, outcomes } from "~/record/record.ts";
import { createHistogram, type Histogram } from "./histogram.ts";
import type { Family, Sample } from "./text.ts";

/** As much of a record as is counted when its row is on the disk. */
export interface EndedRequest {
  arrival: { api: string; acceptedTick: number };
  facts: Facts;
  outcome: number;
  endedTick: number;
}

/** What requests came to since the start. */
export interface Traffic {
  /** On the traffic thread, for every request: a few additions, and no object. */
  count(request: EndedRequest): void;
  families(): Family[];
}

export function createTraffic(): Traffic {
  const apis = new Map<string, ApiCounts>();
  const kinds = new Float64Array(largestCode + 1);
  let [tokensIn, tokensOut, tokensCached, tokensReasoning, attempts] = [0, 0, 0, 0, 0];

  function countsOf(api: string): ApiCounts {
    let counts = apis.get(api);
    if (counts === undefined) {
      counts = {
        outcomes: new Float64Array(outcomeNames.length),
        duration: createHistogram(durations),
        firstToken: createHistogram(durations),
        overhead: createHistogram(overheads),
      };
      apis.set(api, counts);
    }
    return counts;
  }

  return {
    count({ arrival, facts, outcome, endedTick }) {
      const counts = countsOf(arrival.api);
      counts.outcomes[outcome]!++;
      if (facts.errorKind !== null) kinds[errorKinds[facts.errorKind].code]!++;
      tokensIn += facts.tokensIn;
      tokensOut += facts.tokensOut;
      tokensCached += facts.tokensCached;
      tokensReasoning += facts.tokensReasoning;
      attempts += facts.attempts;
      // A refusal is over at once, and a client that left says nothing of speed.
      if (outcome !== outcomes.completed && outcome !== outcomes.failed) return;
      const durationMs = endedTick - arrival.acceptedTick;
      counts.duration.add(durationMs / 1000);
      counts.overhead.add(Math.max(0, durationMs - facts.queuedMs - facts.upstreamMs) / 1000);
      if (facts.firstTokenTick > 0) counts.firstToken.add((facts.firstTokenTick - arrival.acceptedTick) / 1000);
    },

    families() {
      const perApi = (samples: (counts: ApiCounts, api: string) => Sample[]) =>
        [...apis].flatMap(([api, counts]) => samples(counts, api));
      const times = (name: string, help: string, of: (counts: ApiCounts) => Histogram): Family => ({
        name,
        help,
        type: "histogram",
        samples: perApi((counts, api) => of(counts).samples({ api })),
      });
      return [
        {
          name: "zgate_requests_total",
          help: "Requests on record since the start, by API and how they ended.",
          type: "counter",
          samples: perApi((counts, api) =>
            outcomeNames.flatMap((outcome, at) =>
              counts.outcomes[at]! > 0 ? [{ labels: { api, outcome }, value: counts.outcomes[at]! }] : [],
            ),
          ),
        },
        {
          name: "zgate_errors_total",
          help: "Requests that were refused or failed, by kind and by who has to act.",
          type: "counter",
          samples: kindNames.flatMap((kind) => {
            const { code, fault } = errorKinds[kind];
            return kinds[code]! > 0 ? [{ labels: { kind, fault }, value: kinds[code]! }] : [];
          }),
        },
        times(
          "zgate_request_duration_seconds",
          "From arrival to the last byte, of completed and failed requests.",
          (counts) => counts.duration,
        ),
        times(
          "zgate_first_token_seconds",
          "From arrival to the first content or reasoning token.",
          (counts) => counts.firstToken,
        ),
        times(
          "zgate_overhead_seconds",
          "The gateway's own share of the duration: without its queues and without the upstream.",
          (counts) => counts.overhead,
        ),
        {
          name: "zgate_tokens_total",
          help: "Tokens, as the upstream counted them or as estimated. cached is part of in, reasoning part of out.",
          type: "counter",
          samples: [
            { labels: { kind: "in" }, value: tokensIn },
            { labels: { kind: "out" }, value: tokensOut },
            { labels: { kind: "cached" }, value: tokensCached },
            { labels: { kind: "reasoning" }, value: tokensReasoning },
          ],
        },
        {
          name: "zgate_upstream_attempts_total",
          help: "Calls to an upstream for these requests, retries among them.",
          type: "counter",
          samples: [{ value: attempts }],
        },
      ];
    },
  };
}

interface ApiCounts {
  outcomes: Float64Array;
  duration: Histogram;
  firstToken: Histogram;
  overhead: Histogram;
}

const outcomeNames = Object.entries(outcomes)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name);
const kindNames = Object.keys(errorKinds) as ErrorKind[];
const largestCode = Math.max(...Object.values(errorKinds).map(({ code }) => code));

const durations = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640];
const overheads = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
