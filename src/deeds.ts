import { systemClock } from "~/clock.ts";
import type { Writer } from "~/db/writer.ts";
import { noteDeed } from "~/keys/statements.ts";
import type { Recosted } from "~/record/recost.ts";
import type { Pruned } from "~/record/retention.ts";

/** What somebody at the command line does to rows is on the audit log, whether a server runs or not. */
export function notePruned(writer: Writer, { days, rows }: Pruned): Promise<unknown> | null {
  if (rows === 0) return null;
  return noteDeed(writer, systemClock.now(), { action: "rows.prune", subject: "requests", after: { days, rows } });
}

export function noteRecosted(writer: Writer, { from, to, rows }: Recosted): Promise<unknown> {
  const after = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), rows };
  return noteDeed(writer, systemClock.now(), { action: "costs.recompute", subject: "costs", after });
}
