import { eq, max, sql } from "drizzle-orm";
import type { Db } from "~/db/open.ts";
import { names, otherId } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";
import { createNames, type Names } from "./names.ts";

export interface RecordStart {
  names: Names;
  lastId: number;
  /** Requests that were running when the last process ended. */
  lost: number;
}

/** Readies the recorder's tables for a start: what the last process left running is lost, and the small tables load. */
export function startRecord(db: Db): RecordStart {
  return db.transaction(
    (tx) => {
      tx.insert(names).values({ id: otherId, kind: "other", value: "other" }).onConflictDoNothing().run();
      tx.insert(userAgents)
        .values({ id: otherId, raw: "other", family: "other", version: "" })
        .onConflictDoNothing()
        .run();
      // The rollup has passed some of them.
      tx.run(sql`
        insert or ignore into late_requests select id from requests
        where outcome = 0 and outcome <> 1 and id < coalesce((select value from rollup_marks where name = 'rolled'), 0)`);
      const lost = tx
        .update(requests)
        .set({ outcome: "lost" })
        .where(sql`${eq(requests.outcome, "running")} and outcome <> 1`)
        .returning({ id: requests.id })
        .all().length;
      const [last] = tx
        .select({ id: max(requests.id) })
        .from(requests)
        .all();
      return {
        names: createNames({
          names: tx.select().from(names).all(),
          userAgents: tx.select({ id: userAgents.id, raw: userAgents.raw }).from(userAgents).all(),
        }),
        lastId: last?.id ?? 0,
        lost,
      };
    },
    { behavior: "immediate" },
  );
}
