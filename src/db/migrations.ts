import start from "../../migrations/0000_start.sql" with { type: "text" };
import auditAppendOnly from "../../migrations/0001_audit_append_only.sql" with { type: "text" };
import rollups from "../../migrations/0002_rollups.sql" with { type: "text" };
import upstreams from "../../migrations/0003_upstreams.sql" with { type: "text" };
import captures from "../../migrations/0004_captures.sql" with { type: "text" };
import privateUpstreams from "../../migrations/0005_private_upstreams.sql" with { type: "text" };
import alerts from "../../migrations/0006_alerts.sql" with { type: "text" };
import shortSpreads from "../../migrations/0007_short_spreads.sql" with { type: "text" };

/** Every migration in its order, carried in the binary. Append only: what was released never changes. */
export const migrations: readonly Migration[] = [
  { tag: "0000_start", sql: start },
  { tag: "0001_audit_append_only", sql: auditAppendOnly },
  { tag: "0002_rollups", sql: rollups },
  { tag: "0003_upstreams", sql: upstreams },
  { tag: "0004_captures", sql: captures },
  { tag: "0005_private_upstreams", sql: privateUpstreams },
  { tag: "0006_alerts", sql: alerts },
  { tag: "0007_short_spreads", sql: shortSpreads },
];

export interface Migration {
  /** The file's name without `.sql`; the n-th migration brings `user_version` to n. */
  tag: string;
  sql: string;
}
