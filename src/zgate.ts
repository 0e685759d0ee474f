import { openAlerts } from "~/alerts/open.ts";
import { createReader, type Reader } from "~/analytics/reader.ts";
import { isOneCore } from "~/analytics/rest.ts";
import { createApp } from "~/app.ts";
import { openAssets } from "~/assets.ts";
import { createBackups } from "~/backups.ts";
import { collectWhenCalm } from "~/calm.ts";
import type { Captures } from "~/capture/captures.ts";
import { type CaptureCommand, captureCommands } from "~/capture/commands.ts";
import { openCaptures } from "~/capture/open.ts";
import { type Certificate, readCertificate, watchCertificate } from "~/certificate.ts";
import { systemClock } from "~/clock.ts";
import type { Settings } from "~/config.ts";
import { createCosts } from "~/costs.ts";
import { asStartError } from "~/db/open.ts";
import { notePruned, noteRecosted } from "~/deeds.ts";
import { GatewayError } from "~/errors.ts";
import { furnish } from "~/furnish.ts";
import { createDoor } from "~/gateway/admit.ts";
import { createCall } from "~/gateway/call.ts";
import type { Exchange } from "~/gateway/exchange.ts";
import type { Line } from "~/gateway/forward.ts";
import { ownHeaders } from "~/gateway/own-headers.ts";
import { fleetReport, fleetState } from "~/gateway/report.ts";
import { createWatch, type House, type KeptBodies } from "~/house.ts";
import { theCommandLine } from "~/keys/statements.ts";
import { listen } from "~/listen.ts";
import type { Log } from "~/log.ts";
import { createOpening } from "~/opening.ts";
import { type Owners, openOwners } from "~/owners.ts";
import { answerRecosts } from "~/record/recost.ts";
import { answerPrunes, createRetention, type Retention } from "~/record/retention.ts";
import { openStore, type Store } from "~/record/store.ts";
import { createRequestLog } from "~/request-log.ts";
import { openSuppliers, type Suppliers } from "~/suppliers.ts";
import { openTraces, type Traces } from "~/traces/open.ts";

export interface Zgate {
  /** Where it listens: `http://127.0.0.1:9090`. */
  url: string;
  port: number;
  /** What the owner should hear of this start, each thing a line. Secrets only where `isTerminal` allowed it. */
  news: string[];
  /** The first key and password, where this start made them; for the demo and the tests. */
  made: { key: string | null; password: string | null };
  /** Lets running answers end for so long, ends the others, writes everything and gives the folder back. */
  close(drainMs?: number): Promise<void>;
}

/** Puts the rooms together and opens the door. Throws a StartError that says in one sentence why it cannot. */
export async function startZgate(settings: Settings, log: Log, isTerminal: boolean): Promise<Zgate> {
  const certificate = await readCertificate(settings);
  // Prices live in the database that this opens; nothing costs anything before they are read.
  let owners: Owners | null = null;
  const opening = createOpening(settings, certificate, log);
  const watch = settings.performanceMonitoring ? createWatch() : null;
  const traces = followRequests(settings, log);
  const tell = createRequestLog(log, settings.logLevel);
  const store = await openStore({
    dataDir: settings.dataDir,
    clock: systemClock,
    log: { warn: log.warning, info: log.info },
    durability: settings.durability,
    onStorageFailure: settings.onStorageFailure,
    foldRates: { perAddress: settings.refusalRowsPerAddress, inAll: settings.refusalRowsTotal },
    onPreparing: opening.report,
    priceOf: (model) => owners?.owned.prices.priceOf(model) ?? null,
    onEnded(record) {
      watch?.traffic.count(record);
      traces?.ended(record);
      tell(record);
    },
  }).catch(async (error) => {
    await opening.end();
    throw error;
  });
  try {
    owners = await openOwners(settings, store, isTerminal);
    const suppliers = openSuppliers(settings, store, owners.subkeys, store.control);
    const open = new Set<Exchange>();
    const reader = createReader(store.path, systemClock, isOneCore ? { isShared: () => open.size > 0 } : {});
    const kept = openKept(settings, store, owners, reader, log);
    const line = openLine({ settings, store, owners, suppliers, traces, captures: kept.captures, open, log });
    const alertRoom = openAlerts({
      settings,
      reader,
      store,
      clock: systemClock,
      call: suppliers.call,
      keys: owners.owned.keys,
      limits: owners.limits,
      upstreams: () => fleetState(fleetReport(suppliers.fleet, systemClock)),
      log: { warn: log.warning },
    });
    const backups = createBackups(settings, store, systemClock, log);
    const retention = openRetention(settings, store, kept.captures, log);
    const assets = await openAssets();
    const house: House = {
      line,
      suppliers,
      store,
      reader,
      kept,
      assets,
      owners,
      backups,
      retention,
      alertRoom,
      costs: createCosts({ path: store.path, writer: store.writer, clock: systemClock, log }),
      watch,
      calm: collectWhenCalm(line.open),
      traces,
      deadline: null,
      closed: null,
    };
    const app = createApp(furnish(settings, house));
    await store.writer.listening;
    const { port, turnedAway } = await opening.end();
    let server = listen(app, { ...settings, port: port ?? settings.port }, certificate);
    // What came in by the old certificate goes on to its end.
    const renew = (renewed: Certificate) => {
      void server.stop();
      server = listen(app, { ...settings, port: server.port! }, renewed);
    };
    const unwatch = certificate && watchCertificate(settings, certificate, log, renew);
    store.recorder.turnedAway(turnedAway);
    const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
    return {
      url: `${certificate ? "https" : "http"}://${host}:${server.port}`,
      port: server.port!,
      news: house.owners.news,
      made: house.owners.made,
      close(drainMs = 10_000) {
        unwatch?.();
        // Called again, it only brings the deadline forward.
        house.deadline = Math.min(house.deadline ?? Number.POSITIVE_INFINITY, Date.now() + drainMs);
        house.closed ??= close(house, server);
        return house.closed;
      },
    };
  } catch (error) {
    await opening.end();
    await store.close();
    // Nothing runs yet that could wait for the disk.
    const isDisk = error instanceof GatewayError && error.kind === "storage_unavailable";
    throw isDisk ? asStartError(error.cause, store.path) : error;
  }
}

function openKept(settings: Settings, store: Store, { owned: { keys } }: Owners, reader: Reader, log: Log): KeptBodies {
  const { writer, control } = store;
  const connection = store.openReader();
  const parts = { db: connection.db, writer, clock: systemClock };
  const { captures, responses } = openCaptures(settings, parts, log.warning);
  connection.close();
  const kept = { captures, responses, keys, reader, writer, clock: systemClock };
  for (const [name, command] of Object.entries<CaptureCommand>(captureCommands)) {
    control.on(name, (args) => command(kept, args, theCommandLine));
  }
  return kept;
}

function openRetention(settings: Settings, { writer, control }: Store, captures: Captures, log: Log): Retention {
  const retention = createRetention({
    writer,
    captures,
    clock: systemClock,
    log: { warn: log.warning, info: log.info },
    keep: { rowDays: settings.retentionDays || null, maxBytes: settings.retentionMaxBytes },
  });
  answerPrunes(control, retention, (pruned) => notePruned(writer, pruned));
  answerRecosts(control, writer, (done) => noteRecosted(writer, done));
  retention.start();
  return retention;
}

function followRequests(settings: Settings, log: Log): Traces | null {
  if (settings.otlpEndpoint === null) return null;
  // The owner's own collector: the proxy that upstreams are called through is not on its way.
  const call = createCall({ proxy: null }, systemClock);
  return openTraces(settings, settings.otlpEndpoint, call, { warn: log.warning, info: log.info });
}

function openLine(parts: {
  settings: Settings;
  store: Store;
  owners: Owners;
  suppliers: Suppliers;
  traces: Traces | null;
  captures: Captures;
  open: Set<Exchange>;
  log: Log;
}): Line {
  const { settings, store, owners, suppliers, traces, captures, open, log } = parts;
  const { keys, gate } = owners.owned;
  const { fleet, persistence } = suppliers;
  const clock = systemClock;
  return {
    recorder: store.recorder,
    admit: gate.admit,
    requireRunning: gate.requireRunning,
    limits: owners.limits,
    verify: keys.verify,
    captures,
    clock,
    log,
    tracing: traces,
    open,
    headersFor: (exchange) => ownHeaders(exchange, settings, clock),
    door: createDoor(
      { places: settings.maxRequestsInFlight, queue: settings.maxRequestsQueued, queueMs: settings.queueTimeoutMs },
      clock,
    ),
    fleet,
    persistence,
    defaults: {
      model: settings.modelName,
      stream: settings.defaultStream,
      thinkMode: settings.thinkTagsMode,
    },
    body: { maxBytes: settings.maxBodyBytes, pauseMs: 30_000 },
    patience: {
      headersMs: settings.headersTimeoutMs,
      idleMs: settings.streamTimeoutMs,
      totalMs: settings.requestTimeoutMs,
      mediaMs: settings.multimodalTimeoutMs,
    },
    media: { drops: settings.mediaDropForTextModels, language: settings.language, log },
    holdMs: settings.firstFrameHoldMs,
    pingMs: settings.pingMs,
  };
}

/** No new requests, running ones until the deadline, an error event for the rest, and everything is on the disk. */
async function close(house: House, server: Bun.Server<unknown>): Promise<void> {
  const { line, store, owners, reader, suppliers, backups, watch } = house;
  backups.stop();
  house.retention.stop();
  house.alertRoom.alerts.stop();
  watch?.lag.stop();
  house.calm.stop();
  line.door.close();
  const stopped = server.stop();
  while (line.open.size > 0 && Date.now() < house.deadline!) await Bun.sleep(20);
  for (const exchange of line.open) {
    exchange.left.abort(new GatewayError("shutting_down", "This gateway is shutting down", { retryAfterMs: 1_000 }));
  }
  const lastWords = Date.now() + 2_000;
  while (line.open.size > 0 && Date.now() < lastWords) await Bun.sleep(20);
  // What was answered last is still on its way; connections that only wait are not worth waiting for.
  await Promise.race([stopped, Bun.sleep(50)]);
  await server.stop(true);
  await house.kept.captures.close();
  await owners.save();
  reader.close();
  suppliers.schemas.close();
  await store.close();
  await house.traces?.close();
}
