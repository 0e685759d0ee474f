import type { Clock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import { invalid, isCleared, readBody } from "~/keys/fields.ts";
import { audit, type Who } from "~/keys/statements.ts";
import type { Log } from "~/log.ts";
import { rebuild } from "~/record/rebuild.ts";
import { recost } from "~/record/recost.ts";

/** Costs by today's prices, computed in the background while traffic goes on: the rows first, then their sums. */
export interface Costs {
  state(): CostsState;
  /** Begins; `from` and `to` in `body` are UTC days, the last one included, all of them unless said. */
  recompute(body: unknown, who: Who): Promise<CostsState>;
}

export interface CostsState {
  state: "idle" | "running" | "done" | "failed";
  /** Rows that used tokens, so far. */
  rows: number;
  /** Days whose sums are done, once the rows are. */
  days: { done: number; all: number } | null;
  /** Milliseconds since 1970. */
  started_at: number | null;
  ended_at: number | null;
}

interface CostsParts {
  path: string;
  writer: Writer;
  clock: Clock;
  log: Pick<Log, "info" | "error">;
}

export function createCosts({ path, writer, clock, log }: CostsParts): Costs {
  let now: CostsState = { state: "idle", rows: 0, days: null, started_at: null, ended_at: null };

  async function run(from: number, to: number): Promise<void> {
    try {
      now.rows = await recost(writer, from, to, (rows) => {
        now.rows = rows;
      });
      await rebuild(path, writer, from, to, (done, all) => {
        now.days = { done, all };
      });
      now.state = "done";
      log.info(`The costs of ${now.rows} requests were computed by today's prices`);
    } catch (cause) {
      now.state = "failed";
      log.error("Costs could not be computed again", { cause });
    }
    now.ended_at = clock.now();
  }

  return {
    state: () => ({ ...now }),
    async recompute(body, who) {
      const fields = readBody(body, ["from", "to"]);
      const from = readDay(fields.from, "from") ?? firstDay;
      const to = (readDay(fields.to, "to") ?? Math.floor(clock.now() / dayMs) * dayMs) + dayMs;
      if (now.state === "running") {
        throw new GatewayError("conflict", "Costs are being computed already.", { zh: "费用正在重新计算中。" });
      }
      now = { state: "running", rows: 0, days: null, started_at: clock.now(), ended_at: null };
      const days = { from: dayText(from), to: dayText(to - dayMs) };
      await writer.write([audit(who, clock.now(), { action: "costs.recompute", subject: "costs", after: days })]);
      void run(from, to);
      return { ...now };
    },
  };
}

const dayMs = 86_400_000;
/** No request is older. */
const firstDay = Date.UTC(2025, 0, 1);

function readDay(value: unknown, field: string): number | null {
  if (value === undefined || isCleared(value)) return null;
  const at =
    typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at))
    throw invalid(field, `'${field}' must be a day like 2026-11-22.`, `“${field}”必须是日期，如 2026-11-22。`);
  return at;
}

function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
