import { systemClock } from "~/clock.ts";
import type { Text } from "~/config/text.ts";
import type { Settings } from "~/config.ts";
import { loadUpstreams } from "~/credentials/load.ts";
import { createLimits, type Limits } from "~/gateway/limits.ts";
import { loadPastUse } from "~/gateway/past-use.ts";
import type { AskRows } from "~/keys/audit-list.ts";
import { settleDefaultKey } from "~/keys/default-key.ts";
import { type FreshSecret, handOver } from "~/keys/first-run.ts";
import type { Subkeys } from "~/keys/master.ts";
import { openOwned } from "~/keys/open.ts";
import { type Owned, type OwnerCommand, ownerCommands } from "~/keys/owner.ts";
import { theCommandLine } from "~/keys/statements.ts";
import type { Store } from "~/record/store.ts";
import { secretUse } from "~/record/use.ts";

/** What an owner owns, brought to what the environment says of it, and answering his command line. */
export interface Owners {
  owned: Owned;
  limits: Limits;
  /** Cut from the master secret. */
  subkeys: Subkeys;
  /** What the start has to tell, each thing a line. */
  news: string[];
  made: { key: string | null; password: string | null };
  /** Writes down what is only in memory; before the writer closes. */
  save(): Promise<void>;
}

export async function openOwners(
  settings: Settings,
  { openReader, writer, control }: Store,
  isTerminal: boolean,
): Promise<Owners> {
  const { language } = settings;
  const clock = systemClock;
  const ask: AskRows = async (question) => (await writer.write([question]))[0] ?? [];
  const reader = openReader();
  const isInUse = loadUpstreams(reader.db).credentials.length > 0;
  const opened = await openOwned({ db: reader.db, writer, clock, settings, isInUse, ask, secretUse });
  const { owned, subkeys, firstRun } = opened;
  const { keys, admin, prices } = owned;
  const limits = createLimits({ clock, zone: settings.timezone, costOf: prices.costOf });
  limits.restore(loadPastUse(reader.db, clock.now(), settings.timezone, prices.costOf));
  reader.close();

  for (const [name, command] of Object.entries<OwnerCommand>(ownerCommands)) {
    control.on(name, (args) => command(owned, args, theCommandLine));
  }

  const defaultKey = await settleDefaultKey(keys, settings.defaultKey);
  const password = await admin.settle(settings.adminPassword);
  if (!settings.apiKeyEnabled) await keys.open(settings.corsOrigins);
  const fresh = [
    { label: { en: "API key", zh: "API 密钥" }, value: defaultKey.made },
    { label: { en: "Dashboard password", zh: "面板密码" }, value: password.made },
  ].filter((secret): secret is FreshSecret => secret.value !== null);
  const handedOver = await handOver(fresh, isTerminal, firstRun, language);

  const { paused, message } = owned.gate.state();
  const save = () => Promise.all([keys.saveUses(), admin.saveSessions()]);
  // What a failing disk keeps from being saved is saved by a later turn.
  const saving = setInterval(() => save().catch(() => {}), 60_000);
  return {
    owned,
    limits,
    subkeys,
    news: [
      ...[...defaultKey.lines, ...password.lines, ...(paused ? [pausedLine(message ?? "")] : [])].map(
        (line) => line[language],
      ),
      ...handedOver,
    ],
    made: { key: defaultKey.made, password: password.made },
    async save() {
      clearInterval(saving);
      await save();
    },
  };
}

/** A pause outlives a restart, which is what people try first where nothing is answered. */
function pausedLine(message: string): Text {
  return {
    en: `WARNING: inference is paused, and everybody is told: ${message} To go on: zgate admin resume`,
    zh: `警告：推理已暂停，所有请求收到的回复为：${message} 恢复请运行：zgate admin resume`,
  };
}
