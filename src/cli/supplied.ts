import { join } from "node:path";
import { systemClock } from "~/clock.ts";
import { loadConfig } from "~/config/load.ts";
import { loadUpstreams } from "~/credentials/load.ts";
import { lockDataDir } from "~/db/lock.ts";
import { databasePath, openAndMigrate, openReadOnly, prepareDataDir } from "~/db/open.ts";
import { ask } from "~/db/socket.ts";
import { openWriter } from "~/db/writer.ts";
import {
  type UpstreamArgs,
  type UpstreamCommand,
  type UpstreamCommandName,
  upstreamCommands,
} from "~/gateway/upstream-commands.ts";
import { openOwned } from "~/keys/open.ts";
import { theCommandLine } from "~/keys/statements.ts";
import { secretUse } from "~/record/use.ts";
import { openSuppliers } from "~/suppliers.ts";
import { languageOfWorld, type World } from "./command.ts";

/**
 * Runs a command about upstreams: asks the server that holds the data folder, and opens the folder itself only when
 * nobody holds it.
 */
export async function callUpstreams(world: World, name: UpstreamCommandName, given: UpstreamArgs): Promise<unknown> {
  const args = { ...given, language: languageOfWorld(world) };
  const { settings } = loadConfig(world.env, world.envFile());
  const answer = await ask(join(settings.dataDir, "zgate.sock"), name, args);
  if (answer !== null) return answer;

  prepareDataDir(settings.dataDir);
  const lock = lockDataDir(settings.dataDir);
  const path = databasePath(settings.dataDir);
  try {
    const { db, close } = openAndMigrate(path);
    const writer = openWriter({ path, tick: systemClock.tick, log: { warn: world.complain, info: () => {} } });
    try {
      const isInUse = loadUpstreams(db).credentials.length > 0;
      const askRows = async (question: Parameters<typeof writer.write>[0][number]) =>
        (await writer.write([question]))[0] ?? [];
      const parts = { db, writer, clock: systemClock, settings, isInUse, ask: askRows, secretUse };
      const { subkeys } = await openOwned(parts);
      const store = { writer, openReader: () => openReadOnly(path) };
      const { supplied, schemas } = openSuppliers(settings, store, subkeys, { on: () => {} }, { mayBeEmpty: true });
      const command: UpstreamCommand = upstreamCommands[name];
      try {
        return await command(supplied, args, theCommandLine);
      } finally {
        schemas.close();
      }
    } finally {
      close();
      await writer.close();
    }
  } finally {
    lock.release();
  }
}
