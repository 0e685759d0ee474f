import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "~/clock.ts";
import type { Arrival } from "~/record/record.ts";
import { openStore, type Store, type StoreOptions } from "~/record/store.ts";
import { names } from "../../drizzle/names.ts";
import { requests } from "../../drizzle/requests.ts";
import { userAgents } from "../../drizzle/user-agents.ts";

/** A data folder of its own, gone with `using`. */
export function dataFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "zgate-store-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A real store on a real file; what it logs is kept. */
export async function openHouse(dataDir: string, options: Partial<StoreOptions> = {}) {
  const said: string[] = [];
  const store = await openStore({
    dataDir,
    clock: systemClock,
    durability: "ack",
    onStorageFailure: "refuse",
    log: { warn: (text) => said.push(text), info: (text) => said.push(text) },
    ...options,
  });
  return Object.assign(store, { said });
}

/** A call to chat completions; what a test cares about is in `differs`. */
export function arrival(differs: Partial<Arrival> = {}): Arrival {
  return {
    acceptedAt: Date.now(),
    acceptedTick: performance.now(),
    method: "POST",
    path: "/v1/chat/completions",
    api: "chat",
    address: "192.0.2.7",
    userAgent: "OpenAI/JS 7.57.0",
    ...differs,
  };
}

/** Everything on record, oldest first, with its words. */
export function readRows(store: Pick<Store, "openReader">) {
  const reader = store.openReader();
  try {
    const words = new Map(
      reader.db
        .select()
        .from(names)
        .all()
        .map((name) => [name.id, name.value] as const),
    );
    const agents = new Map(
      reader.db
        .select()
        .from(userAgents)
        .all()
        .map((agent) => [agent.id, agent] as const),
    );
    return reader.db
      .select()
      .from(requests)
      .orderBy(requests.id)
      .all()
      .map((row) => ({
        ...row,
        path: words.get(row.pathId),
        address: words.get(row.addressId),
        modelAsked: words.get(row.modelAskedId ?? 0),
        userAgent: agents.get(row.userAgentId),
      }));
  } finally {
    reader.close();
  }
}

/** Waits until something holds; the test's own limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(2);
}
