import type { GatewayError } from "~/errors.ts";

/** How an account does with a model, as it was seen from here. */
export interface Health {
  /** `headersMs`: how long the head of the answer took; null where none came. */
  note(isWell: boolean, headersMs: number | null, at: number, tick: number): void;
  failedWith(reason: string): void;
  report(tick: number): HealthReport;
}

export interface HealthReport {
  /** Milliseconds since 1970; null where it never happened since the start. */
  lastSuccessAt: number | null;
  lastFailureAt: number | null;
  lastError: string | null;
  /** Tries of the last five to ten minutes, and which part of them failed; null without any. */
  tries: number;
  errorRate: number | null;
  /** To the head of the answer, over the last answers; null without any. Milliseconds. */
  p95Ms: number | null;
}

/** A failure in a word or two: its kind, and what the upstream called it. */
export function reasonOf({ kind, upstreamCode }: GatewayError): string {
  return upstreamCode ? `${kind} ${upstreamCode}` : kind;
}

export function createHealth(): Health {
  let lastSuccessAt: number | null = null;
  let lastFailureAt: number | null = null;
  let lastError: string | null = null;
  let halves = [blank(), blank()];
  let halfSince = 0;
  const headers: number[] = [];
  let next = 0;

  function roll(tick: number): void {
    const passed = Math.floor((tick - halfSince) / halfMs);
    if (passed <= 0) return;
    halves = passed === 1 ? [blank(), halves[0]!] : [blank(), blank()];
    halfSince = tick;
  }

  return {
    note(isWell, headersMs, at, tick) {
      roll(tick);
      const half = halves[0]!;
      half.tries++;
      if (isWell) lastSuccessAt = at;
      else {
        half.failed++;
        lastFailureAt = at;
      }
      if (headersMs === null) return;
      headers[next] = headersMs;
      next = (next + 1) % keptAnswers;
    },
    failedWith(reason) {
      lastError = reason;
    },
    report(tick) {
      roll(tick);
      const tries = halves[0]!.tries + halves[1]!.tries;
      const failed = halves[0]!.failed + halves[1]!.failed;
      const errorRate = tries === 0 ? null : failed / tries;
      return { lastSuccessAt, lastFailureAt, lastError, tries, errorRate, p95Ms: p95(headers) };
    },
  };
}

const halfMs = 300_000;
const keptAnswers = 256;

const blank = () => ({ tries: 0, failed: 0 });

function p95(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * 0.95) - 1]!);
}
