import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Gateway } from "./gateways.ts";

/** The requests that zgate has on record, once all that were sent are, or after ten seconds. */
export async function countRows({ dataDir }: Gateway, sent: number): Promise<number> {
  const database = new Database(join(dataDir!, "zgate.db"), { readonly: true });
  const query = database.query("select coalesce(sum(requests), 0) from requests where outcome <> 0");
  const deadline = Date.now() + 10_000;
  for (;;) {
    const rows = Number(query.values()[0]?.[0]);
    if (rows >= sent || Date.now() > deadline) {
      database.close();
      return rows;
    }
    await Bun.sleep(50);
  }
}
