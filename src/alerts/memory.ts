import { asc, desc, isNotNull, isNull, lt } from "drizzle-orm";
import type { Db } from "~/db/open.ts";
import type { Writer } from "~/db/writer.ts";
import { build } from "~/keys/statements.ts";
import { type AlertRow, alerts } from "../../drizzle/alerts.ts";
import { type Alert, shownEnded } from "./alerts.ts";

/** Those that held when the last process left, the oldest first, and those that had ended, the newest first. */
export function loadAlerts(db: Db): { active: Alert[]; ended: Alert[] } {
  const active = db.select().from(alerts).where(isNull(alerts.endedAt)).orderBy(asc(alerts.since));
  const ended = db.select().from(alerts).where(isNotNull(alerts.endedAt)).orderBy(desc(alerts.endedAt));
  return { active: active.all().map(alertOf), ended: ended.limit(shownEnded).all().map(alertOf) };
}

/** Writes down how alerts stand, and forgets those that ended long ago. */
export function createAlertKeeper(writer: Writer): (changed: readonly Alert[], now: number) => Promise<unknown> {
  return (changed, now) => {
    const saves = changed.map((alert) => {
      const row: AlertRow = alert;
      const target = [alerts.id, alerts.since];
      return build.insert(alerts).values(row).onConflictDoUpdate({ target, set: row }).toSQL();
    });
    const isOld = lt(alerts.endedAt, now - keptMs);
    return writer.write([...saves, build.delete(alerts).where(isOld).toSQL()]);
  };
}

/** How long an alert that ended is remembered. */
const keptMs = 90 * 86_400_000;

function alertOf(row: AlertRow): Alert {
  return { ...row, rule: row.rule as Alert["rule"] };
}
