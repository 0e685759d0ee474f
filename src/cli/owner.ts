import { join } from "node:path";
import { captureCommands } from "~/capture/commands.ts";
import { openCaptures } from "~/capture/open.ts";
import { systemClock } from "~/clock.ts";
import { loadConfig } from "~/config/load.ts";
import type { Settings } from "~/config.ts";
import { lockDataDir } from "~/db/lock.ts";
import { type Db, databasePath, openAndMigrate, prepareDataDir } from "~/db/open.ts";
import { ask } from "~/db/socket.ts";
import { openWriter, type Writer } from "~/db/writer.ts";
import { openOwned } from "~/keys/open.ts";
import { type CommandArgs, type Owned, type OwnerCommand, type OwnerCommandName, ownerCommands } from "~/keys/owner.ts";
import { theCommandLine } from "~/keys/statements.ts";
import { secretUse } from "~/record/use.ts";
import { languageOfWorld, type World } from "./command.ts";

/**
 * Runs an owner's command: asks the server that holds the data folder, so that its memory and the file never differ, and
 * opens the file itself only when nobody holds it.
 */
export function callOwner(world: World, name: OwnerCommandName, given: CommandArgs): Promise<unknown> {
  const command: OwnerCommand = ownerCommands[name];
  const args = { ...given, language: languageOfWorld(world) };
  return call(world, name, args, ({ owned }) => command(owned, args, theCommandLine));
}

/** The same of a command about what was kept of bodies. Without a server nothing can be read, only deleted. */
export function callKept(world: World, name: "captures.delete", args: CommandArgs): Promise<unknown> {
  return call(world, name, args, async ({ owned: { keys }, settings, db, writer }) => {
    const { captures } = openCaptures(settings, { db, writer, clock: systemClock }, world.complain);
    return captureCommands[name]({ captures, keys, reader: null, writer, clock: systemClock }, args, theCommandLine);
  });
}

interface Opened {
  owned: Owned;
  settings: Settings;
  db: Db;
  writer: Writer;
}

async function call(world: World, name: string, args: CommandArgs, run: (opened: Opened) => unknown): Promise<unknown> {
  const { settings } = loadConfig(world.env, world.envFile());
  const answer = await ask(join(settings.dataDir, "zgate.sock"), name, args);
  if (answer !== null) return answer;

  prepareDataDir(settings.dataDir);
  const lock = lockDataDir(settings.dataDir);
  try {
    const path = databasePath(settings.dataDir);
    const { db, close } = openAndMigrate(path);
    const log = { warn: world.complain, info: () => {} };
    const writer = openWriter({ path, tick: systemClock.tick, log });
    try {
      const askRows = async (question: Parameters<typeof writer.write>[0][number]) =>
        (await writer.write([question]))[0] ?? [];
      const { owned } = await openOwned({ db, writer, clock: systemClock, settings, ask: askRows, secretUse });
      return await run({ owned, settings, db, writer });
    } finally {
      close();
      await writer.close();
    }
  } finally {
    lock.release();
  }
}
