import { join } from "node:path";
import type { Clock } from "~/clock.ts";
import type { Db } from "~/db/open.ts";
import { type OwnFile, ownFile } from "~/db/secret-file.ts";
import type { Writer } from "~/db/writer.ts";
import { createAdmin } from "./admin.ts";
import { createGate } from "./gate.ts";
import { createKeys } from "./keys.ts";
import { loadBlockedNetworks, loadKeys, loadPrices, loadSessions, loadSettings } from "./load.ts";
import { openMaster, type Subkeys } from "./master.ts";
import type { Owned } from "./owner.ts";
import { createPrices } from "./prices.ts";
import { masterCheckName, settingStatement } from "./settings.ts";

export interface OpenedOwned {
  owned: Owned;
  subkeys: Subkeys;
  /** What a first start left for the owner. */
  firstRun: OwnFile;
}

/**
 * Opens the rooms that an owner's commands reach, from the database, for a server and for a command that works without
 * one. Throws a StartError where the master secret is missing or wrong.
 */
export async function openOwned(parts: {
  db: Db;
  writer: Writer;
  clock: Clock;
  settings: {
    dataDir: string;
    zgateSecret: string | null;
    keyPrefix: string;
    addressRequestsPerMinute: number | null;
    captureAllowed: boolean;
  };
  /** Whether something else in the database was made with the master secret: a stored credential. */
  isInUse?: boolean;
  ask: Owned["ask"];
  secretUse: Owned["secretUse"];
}): Promise<OpenedOwned> {
  const { db, writer, clock, settings, ask, secretUse } = parts;
  const rows = loadKeys(db);
  const remembered = loadSettings(db);
  const storedCheck = remembered.get(masterCheckName);
  const { subkeys, check } = openMaster({
    fromEnvironment: settings.zgateSecret,
    file: ownFile(join(settings.dataDir, "secret.key")),
    storedCheck: typeof storedCheck === "string" ? storedCheck : null,
    isInUse: rows.secrets.length > 0 || parts.isInUse === true,
  });
  const sessions = loadSessions(db);
  const blocked = loadBlockedNetworks(db);
  const ownPrices = loadPrices(db);
  if (storedCheck === undefined) await writer.write([settingStatement(masterCheckName, check, clock.now())]);

  const firstRun = ownFile(join(settings.dataDir, "first-run.txt"));
  const keys = createKeys({
    writer,
    clock,
    subkey: subkeys.clientKeys,
    prefix: settings.keyPrefix,
    rows,
    mayCapture: settings.captureAllowed,
  });
  const admin = createAdmin({ writer, clock, subkey: subkeys.sessions, settings: remembered, sessions, firstRun });
  const perAddress = settings.addressRequestsPerMinute;
  const gate = createGate({ writer, clock, rows: blocked, settings: remembered, perAddress });
  const prices = createPrices({ writer, clock, rows: ownPrices });
  return { owned: { keys, admin, gate, prices, ask, secretUse }, subkeys, firstRun };
}
