import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "~/clock.ts";
import { createCommitter } from "~/db/commit.ts";
import { databasePath, openAndMigrate, openReadOnly } from "~/db/open.ts";
import { ownFile } from "~/db/secret-file.ts";
import type { Writer } from "~/db/writer.ts";
import { createAdmin } from "~/keys/admin.ts";
import { createGate } from "~/keys/gate.ts";
import { createKeys } from "~/keys/keys.ts";
import { loadBlockedNetworks, loadKeys, loadPrices, loadSessions, loadSettings } from "~/keys/load.ts";
import { openMaster } from "~/keys/master.ts";
import type { Owned } from "~/keys/owner.ts";
import { createPrices } from "~/keys/prices.ts";
import { masterCheckName, settingStatement } from "~/keys/settings.ts";
import type { Who } from "~/keys/statements.ts";
import { secretUse } from "~/record/use.ts";

export const ada: Who = { actor: "admin", address: "127.0.0.1", userAgent: "test" };

export function scratchFolder(): { path: string; remove(): Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), "zgate-keys-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The writer's own committer, on this thread. */
function plainWriter(path: string): Writer & { close(): Promise<void> } {
  const committer = createCommitter(
    path,
    () => () => [],
    () => {},
  );
  return {
    async write(unit) {
      const reply = committer.commit({ rows: null, units: [unit], sync: true, isRetry: false });
      if (!reply.ok) throw new Error(reply.message);
      const result = reply.results![0]!;
      if (!("rows" in result)) throw new Error(result.message);
      return result.rows;
    },
    close: async () => committer.close(),
  };
}

/** The keys room over a real database file, as a start opens it. */
export async function openHouse(folder: string, clock: Clock, perAddress: number | null = null) {
  const path = databasePath(folder);
  const { db, close } = openAndMigrate(path);
  const rows = loadKeys(db);
  const settings = loadSettings(db);
  const sessions = loadSessions(db);
  const blocks = loadBlockedNetworks(db);
  const ownPrices = loadPrices(db);
  close();
  const writer = plainWriter(path);
  const master = openMaster({
    fromEnvironment: null,
    file: ownFile(join(folder, "secret.key")),
    storedCheck: (settings.get(masterCheckName) as string | undefined) ?? null,
    isInUse: rows.secrets.length > 0,
  });
  if (!settings.has(masterCheckName))
    await writer.write([settingStatement(masterCheckName, master.check, clock.now())]);
  const keys = createKeys({ writer, clock, subkey: master.subkeys.clientKeys, prefix: "sk-zg", rows });
  const firstRun = ownFile(join(folder, "first-run.txt"));
  const admin = createAdmin({ writer, clock, subkey: master.subkeys.sessions, settings, sessions, firstRun });
  const gate = createGate({ writer, clock, rows: blocks, settings, perAddress });
  const prices = createPrices({ writer, clock, rows: ownPrices });
  const ask: Owned["ask"] = async (question) => (await writer.write([question]))[0] ?? [];
  const owned: Owned = { keys, admin, gate, prices, ask, secretUse };
  return {
    ...owned,
    owned,
    path,
    writer,
    firstRun,
    /** Rows as anybody else would read them from the file. */
    query(sql: string): Record<string, unknown>[] {
      const reader = openReadOnly(path);
      try {
        return reader.sqlite.query(sql).all() as Record<string, unknown>[];
      } finally {
        reader.close();
      }
    },
    close: () => writer.close(),
  };
}

export type House = Awaited<ReturnType<typeof openHouse>>;

export function bearer(token: string | null): Headers {
  return new Headers(token === null ? {} : { authorization: `Bearer ${token}` });
}

/** What a verification ends with: the key's name, or the kind of its refusal. */
export function seen(house: House, token: string | null, address = "127.0.0.1"): string {
  try {
    return house.keys.verify(bearer(token), address).name;
  } catch (error) {
    return (error as { kind: string }).kind;
  }
}
