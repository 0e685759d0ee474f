import type { Clock } from "~/clock.ts";
import type { ErrorKind } from "~/errors.ts";
import { minuteOf } from "./fold.ts";
import type { Ending } from "./record.ts";
import { timeOfId } from "./request-id.ts";

/** A row that counts many requests of one minute: how they ended, and where they came from if that is known. */
export interface SharedRow {
  readonly id: number;
  readonly skewMs: number;
  readonly addressId: number;
  readonly outcome: Ending;
  readonly errorKind: ErrorKind | null;
  requests: number;
}

export type Shares = Pick<SharedRow, "addressId" | "outcome" | "errorKind">;

/** The shared rows of the running minute, and those that no commit has acknowledged yet. */
export function createSharedRows(clock: Clock, nextId: (now: number) => number) {
  let minute = 0;
  let rows = new Map<string, SharedRow>();
  let counted = new Set<SharedRow>();
  return {
    /** Counts one request. */
    count(shares: Shares): void {
      const now = clock.now();
      if (minute !== minuteOf(now)) {
        minute = minuteOf(now);
        rows = new Map();
      }
      const name = `${shares.addressId} ${shares.outcome} ${shares.errorKind}`;
      let row = rows.get(name);
      if (row === undefined) {
        const id = nextId(now);
        row = { ...shares, id, skewMs: timeOfId(id) - now, requests: 0 };
        rows.set(name, row);
      }
      row.requests++;
      counted.add(row);
    },
    /** The rows whose number has changed; the caller writes them. */
    take(): SharedRow[] {
      const taken = [...counted];
      if (taken.length > 0) counted = new Set();
      return taken;
    },
    putBack(taken: SharedRow[]): void {
      for (const row of taken) counted.add(row);
    },
  };
}
