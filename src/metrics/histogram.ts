import type { Sample } from "./text.ts";

/** Counts values below fixed bounds, in seconds: what Prometheus adds up over machines and time. */
export interface Histogram {
  add(seconds: number): void;
  samples(labels: Readonly<Record<string, string>>): Sample[];
}

export function createHistogram(bounds: readonly number[]): Histogram {
  // The last one is for what is above every bound.
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    add(seconds) {
      let at = 0;
      while (at < bounds.length && seconds > bounds[at]!) at++;
      counts[at]!++;
      sum += seconds;
    },
    samples(labels) {
      let total = 0;
      const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, at) => {
        total += counts[at]!;
        const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound);
        return { suffix: "_bucket", labels: { ...labels, le }, value: total };
      });
      return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: total }];
    },
  };
}
