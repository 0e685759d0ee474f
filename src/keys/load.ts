import type { Db } from "~/db/open.ts";
import { type BlockedNetworkRow, blockedNetworks } from "../../drizzle/blocked-networks.ts";
import { type KeySecretRow, keySecrets } from "../../drizzle/key-secrets.ts";
import { type KeyRow, keys } from "../../drizzle/keys.ts";
import { type PriceRow, prices } from "../../drizzle/prices.ts";
import { type SessionRow, sessions } from "../../drizzle/sessions.ts";
import { settings } from "../../drizzle/settings.ts";

export interface KeyRows {
  keys: KeyRow[];
  secrets: KeySecretRow[];
}

/** Everything that verification needs, read once, before the first request. */
export function loadKeys(db: Db): KeyRows {
  return { keys: db.select().from(keys).all(), secrets: db.select().from(keySecrets).all() };
}

/** What zgate remembers of itself, by name. */
export function loadSettings(db: Db): Map<string, unknown> {
  return new Map(
    db
      .select()
      .from(settings)
      .all()
      .map((row) => [row.name, row.value]),
  );
}

export function loadSessions(db: Db): SessionRow[] {
  return db.select().from(sessions).all();
}

export function loadBlockedNetworks(db: Db): BlockedNetworkRow[] {
  return db.select().from(blockedNetworks).all();
}

export function loadPrices(db: Db): PriceRow[] {
  return db.select().from(prices).all();
}
