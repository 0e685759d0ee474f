import { lookup } from "node:dns/promises";
import { systemClock } from "~/clock.ts";
import { tokenNeeded } from "~/config/load.ts";
import type { Settings } from "~/config.ts";
import { createPublicLookup, isTrusted } from "~/credentials/address.ts";
import { loadUpstreams } from "~/credentials/load.ts";
import { createRestKeeper, loadRests } from "~/credentials/rests.ts";
import { createStoredUpstreams, type StoredUpstreams } from "~/credentials/upstreams.ts";
import type { Db } from "~/db/open.ts";
import type { Control } from "~/db/socket.ts";
import type { Writer } from "~/db/writer.ts";
import { StartError } from "~/errors.ts";
import { type Call, createCall } from "~/gateway/call.ts";
import { createFleet, type EnvironmentUpstream, type Fleet } from "~/gateway/fleet.ts";
import { createProbe } from "~/gateway/probe.ts";
import { createQuota } from "~/gateway/quota.ts";
import { createSchemas, type Schemas } from "~/gateway/schemas.ts";
import { enforceFormats } from "~/gateway/structured.ts";
import type { Persistence } from "~/gateway/tries.ts";
import { type Supplied, type UpstreamCommand, upstreamCommands } from "~/gateway/upstream-commands.ts";
import type { Subkeys } from "~/keys/master.ts";
import { theCommandLine, type Who } from "~/keys/statements.ts";
import { createAttemptNotes } from "~/record/attempts.ts";
import { dialectsByName } from "~/upstreams/index.ts";

/** Who answers: the upstream of the environment, those that were added, and the way to them. */
export interface Suppliers {
  stored: StoredUpstreams;
  fleet: Fleet;
  call: Call;
  persistence: Persistence;
  /** For the owner's commands. */
  supplied: Supplied;
  /** Checks answers against the schemas that clients send. */
  schemas: Schemas;
}

/** Throws a StartError where there is nothing to show any upstream. */
export function openSuppliers(
  settings: Settings,
  { openReader, writer }: { openReader(): { db: Db; close(): void }; writer: Writer },
  { credentials }: Subkeys,
  control: Pick<Control, "on">,
  { mayBeEmpty = false } = {},
): Suppliers {
  const clock = systemClock;
  const reader = openReader();
  const rows = loadUpstreams(reader.db);
  const breakers = loadRests(reader.db);
  reader.close();
  // Behind a proxy names are its business.
  const resolve = settings.upstreamProxy === null ? addressesOf : null;
  const stored = createStoredUpstreams({
    writer,
    clock,
    subkey: credentials,
    rows,
    mayBePrivate: settings.allowPrivateUpstreams,
    resolve,
  });
  const environment = environmentOf(settings);
  if (!mayBeEmpty && environment === null && rows.upstreams.every(({ disabledAt }) => disabledAt !== null)) {
    throw new StartError(tokenNeeded[settings.language]);
  }
  const proxy = settings.upstreamProxy;
  const call = createCall({ proxy }, clock);
  const lookUp = resolve === null || settings.allowPrivateUpstreams ? null : createPublicLookup(resolve, clock);
  const publicCall = createCall({ proxy, lookUp }, clock);
  const schemas = createSchemas();
  const wishes = {
    guestsAllowed: settings.anonTokenEnabled,
    guestTtlMs: settings.guestTokenTtlMs,
    modelName: settings.modelName,
    listTtlMs: settings.modelsCacheTtlMs,
  };
  const fleet = createFleet({
    ...wishes,
    dialects: {
      zai: enforceFormats(dialectsByName.zai, schemas.check),
      "zai-web": enforceFormats(dialectsByName["zai-web"], schemas.check),
      openai: enforceFormats(dialectsByName.openai, schemas.check),
    },
    environment,
    stored,
    aliases: settings.modelAliases ?? [],
    fallback: settings.modelFallback,
    chains: settings.modelFailover,
    breakerFailures: settings.breakerFailures,
    queue: { queue: settings.maxRequestsQueued, queueMs: settings.queueTimeoutMs },
    call,
    publicCall,
    clock,
    breakers,
    saveBreaker: createRestKeeper(writer),
  });
  const persistence = {
    budgetMs: settings.retryBudgetMs,
    jitter: () => 0.8 + Math.random() * 0.4,
    notes: createAttemptNotes(writer),
  };
  const defaults = { model: settings.modelName, stream: false, thinkMode: settings.thinkTagsMode };
  const probe = createProbe({ clock, resolve, defaults, answered: fleet.wake });
  const callFor = (who: Who) => (isTrusted(who) ? call : publicCall);
  const supplied: Supplied = { stored, fleet, environment, probe, quota: createQuota(clock), callFor, clock, wishes };
  for (const [name, command] of Object.entries<UpstreamCommand>(upstreamCommands)) {
    control.on(name, (args) => command(supplied, args, theCommandLine));
  }
  return { stored, fleet, call, persistence, supplied, schemas };
}

/** Null where the environment forbids guests and shows no token: then somebody has to have added an upstream. */
function environmentOf(settings: Settings): EnvironmentUpstream | null {
  const { upstream, upstreamUrl, zaiToken, anonTokenEnabled, upstreamInFlight } = settings;
  const { dialect, url, baseIsDefault } = upstream;
  if (dialect === "zai-web" && zaiToken === null && !anonTokenEnabled) return null;
  const isStopgap = upstreamUrl === null && zaiToken === null;
  return { dialect, url, baseIsDefault, token: zaiToken, inFlight: upstreamInFlight, isStopgap };
}

async function addressesOf(host: string): Promise<string[]> {
  // IPv4 first: a network without IPv6 must not cost a wait.
  return (await lookup(host, { all: true, order: "ipv4first" })).map(({ address }) => address);
}
