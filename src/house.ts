import type { AlertRoom } from "~/alerts/open.ts";
import type { Reader } from "~/analytics/reader.ts";
import type { Assets } from "~/assets.ts";
import type { Backups } from "~/backups.ts";
import type { Calm } from "~/calm.ts";
import type { Kept } from "~/capture/commands.ts";
import type { ResponseJournal } from "~/capture/responses.ts";
import { systemClock } from "~/clock.ts";
import type { Costs } from "~/costs.ts";
import type { Line } from "~/gateway/forward.ts";
import { createLag, type Lag } from "~/metrics/lag.ts";
import { createTraffic, type Traffic } from "~/metrics/traffic.ts";
import type { Owners } from "~/owners.ts";
import type { Retention } from "~/record/retention.ts";
import type { Store } from "~/record/store.ts";
import type { Suppliers } from "~/suppliers.ts";
import type { Traces } from "~/traces/open.ts";

/** Everything that is open while zgate runs. */
export interface House {
  line: Line;
  suppliers: Suppliers;
  store: Store;
  /** Answers what pages and reports ask, off this thread. */
  reader: Reader;
  /** What is kept of bodies. */
  kept: KeptBodies;
  assets: Assets;
  owners: Owners;
  backups: Backups;
  retention: Retention;
  alertRoom: AlertRoom;
  costs: Costs;
  /** What is measured for /metrics; null where nobody wants it. */
  watch: Watch | null;
  calm: Calm;
  /** Null where no collector is named. */
  traces: Traces | null;
  /** When running answers must have ended, in ms since 1970; null while the house is open. */
  deadline: number | null;
  closed: Promise<void> | null;
}

/** Kept bodies, and the answers among them that a later request may go on with. */
export type KeptBodies = Kept & { responses: ResponseJournal };

/** What /metrics shows of traffic and of this thread. */
export interface Watch {
  traffic: Traffic;
  lag: Lag;
  startedAt: number;
}

export function createWatch(): Watch {
  return { traffic: createTraffic(), lag: createLag(systemClock.tick), startedAt: systemClock.now() };
}
