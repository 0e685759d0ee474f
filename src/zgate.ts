import { createAlertsRoutes } from "~/admin/alerts-routes.ts";
import { createCapturesRoutes } from "~/admin/captures-routes.ts";
import { createCostsRoutes } from "~/admin/costs-routes.ts";
import { createKeysRoutes } from "~/admin/keys-routes.ts";
import { answerOlderRequests, asksForJson, createReports, type ReportParts } from "~/admin/reports-routes.ts";
import { createUpstreamsRoutes } from "~/admin/upstreams-routes.ts";
import { type AlertRoom, openAlerts } from "~/alerts/open.ts";
import { createReader, type Reader } from "~/analytics/reader.ts";
import { isOneCore } from "~/analytics/rest.ts";
import { createApis } from "~/apis/index.ts";
import { createApp, type Rooms } from "~/app.ts";
import { type Assets, openAssets } from "~/assets.ts";
import { type Backups, createBackups } from "~/backups.ts";
import { type Calm, collectWhenCalm } from "~/calm.ts";
import type { Captures } from "~/capture/captures.ts";
import { type CaptureCommand, captureCommands, type Kept } from "~/capture/commands.ts";
import { openCaptures } from "~/capture/open.ts";
import type { ResponseJournal } from "~/capture/responses.ts";
import { type Certificate, readCertificate, watchCertificate } from "~/certificate.ts";
import { systemClock } from "~/clock.ts";
import { effectiveSettings } from "~/config/effective.ts";
import type { Settings } from "~/config.ts";
import { type Costs, createCosts } from "~/costs.ts";
import { createDashboard, createHome, createNoDashboard, lost } from "~/dashboard/routes.tsx";
import type { PageParts } from "~/dashboard/visit.tsx";
import { type Vitals, vitalsOf } from "~/dashboard/vitals.ts";
import { asStartError } from "~/db/open.ts";
import { notePruned, noteRecosted } from "~/deeds.ts";
import { createDocs } from "~/docs/routes.tsx";
import { GatewayError } from "~/errors.ts";
import { createDoor } from "~/gateway/admit.ts";
import { createCall } from "~/gateway/call.ts";
import { createTokenCount } from "~/gateway/count-tokens.ts";
import type { Exchange } from "~/gateway/exchange.ts";
import { createForward, type Line } from "~/gateway/forward.ts";
import { createOwnKey } from "~/gateway/own-key.ts";
import { createModels, createRefusal } from "~/gateway/plain.ts";
import { fleetReport, fleetState } from "~/gateway/report.ts";
import { clientAddress } from "~/gateway/visitor.ts";
import { networkCheck } from "~/keys/networks.ts";
import { theCommandLine } from "~/keys/statements.ts";
import { listen } from "~/listen.ts";
import type { Log } from "~/log.ts";
import { createLag, type Lag } from "~/metrics/lag.ts";
import { createMetricsRoute } from "~/metrics/routes.ts";
import { createTraffic, type Traffic } from "~/metrics/traffic.ts";
import { upstreamFamilies } from "~/metrics/upstreams.ts";
import { createOpening } from "~/opening.ts";
import { type Owners, openOwners } from "~/owners.ts";
import { answerRecosts } from "~/record/recost.ts";
import { answerPrunes, createRetention, type Retention } from "~/record/retention.ts";
import { openStore, type Store } from "~/record/store.ts";
import { createRequestLog } from "~/request-log.ts";
import { openSuppliers, type Suppliers } from "~/suppliers.ts";
import { openTraces, type Traces } from "~/traces/open.ts";
import { version } from "~/version.ts";
import { corsHeaders } from "~/wire/cors.ts";
import { jsonHeaders } from "~/wire/headers.ts";

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

/** Everything that is open while zgate runs. */
interface House {
  line: Line;
  suppliers: Suppliers;
  store: Store;
  /** Answers what pages and reports ask, off this thread. */
  reader: Reader;
  /** What is kept of bodies. */
  kept: KeptBodies;
  assets: Assets;
  owners: Owners;
  backups: Backups;
  retention: Retention;
  alertRoom: AlertRoom;
  costs: Costs;
  /** What is measured for /metrics; null where nobody wants it. */
  watch: Watch | null;
  calm: Calm;
  /** Null where no collector is named. */
  traces: Traces | null;
  /** When running answers must have ended, in ms since 1970; null while the house is open. */
  deadline: number | null;
  closed: Promise<void> | null;
}

/** Kept bodies, and the answers among them that a later request may go on with. */
type KeptBodies = Kept & { responses: ResponseJournal };

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
    headersFor: (exchange) => ({ ...ownHeaders(exchange, settings), ...crossOrigin(exchange, settings) }),
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

function furnish(settings: Settings, house: House): Rooms {
  const { line, suppliers, store, owners } = house;
  const isTrusted = networkCheck(settings.trustedProxies);
  const addressOf = (request: Request, peer: string) =>
    clientAddress(peer, request.headers.get("x-forwarded-for"), isTrusted);
  const visitorOf: Rooms["visitorOf"] = (request, peer) => ({
    address: addressOf(request, peer),
    path: pathOf(request.url),
  });
  const reports: ReportParts = {
    owned: owners.owned,
    reader: house.reader,
    clock: systemClock,
    zone: settings.timezone,
    addressOf,
    alertRoom: house.alertRoom,
    vitals: () => vitalsIn(settings, house),
    log: line.log,
  };
  const programs = [
    createKeysRoutes({ owned: owners.owned, addressOf, log: line.log }),
    createCapturesRoutes({ owned: owners.owned, kept: house.kept, addressOf, log: line.log }),
    createUpstreamsRoutes({ owned: owners.owned, supplied: suppliers.supplied, addressOf, log: line.log }),
    ...(house.watch ? [metricsGroup(house, house.watch, addressOf)] : []),
    createAlertsRoutes({ owned: owners.owned, room: house.alertRoom, addressOf, log: line.log }),
    createCostsRoutes({ owned: owners.owned, costs: house.costs, addressOf, log: line.log }),
    createReports(reports),
  ];
  const forPeople = pages(settings, house, visitorOf, reports, programs);
  return {
    apis: answers(line, settings, house.kept.responses),
    models: createModels(line, settings.modelsPublic, owners.owned.prices.priceOf),
    ownKey: createOwnKey(line),
    refusal: createRefusal(line),
    alive: () => new Response(JSON.stringify({ status: "ok", service: "zgate" }), { headers: jsonHeaders }),
    ready() {
      const checks = { open: house.deadline === null, storage: store.healthy() };
      const isReady = Object.values(checks).every(Boolean);
      // An upstream that is down is no reason to take zgate out of service: it says so itself, and keeps the record.
      const report = fleetReport(suppliers.fleet, systemClock);
      const upstreams = { state: fleetState(report), queued: report.queued };
      const text = JSON.stringify({ status: isReady ? "ok" : "not ready", ...checks, upstreams });
      return new Response(text, { status: isReady ? 200 : 503, headers: jsonHeaders });
    },
    visitorOf,
    origins: settings.corsOrigins,
    lost: forPeople.lost,
    groups: [...programs, ...forPeople.groups],
  };
}

interface Watch {
  traffic: Traffic;
  lag: Lag;
  startedAt: number;
}

function createWatch(): Watch {
  return { traffic: createTraffic(), lag: createLag(systemClock.tick), startedAt: systemClock.now() };
}

function metricsGroup(
  { line, store, owners: { owned }, backups, traces }: House,
  { traffic, lag, startedAt }: Watch,
  addressOf: (request: Request, peer: string) => string,
) {
  const state = () => {
    const { unrecorded, waiting } = store.recorder.stats();
    const { keys, rotationDue, retiringUses } = owned.keys.gauges();
    return {
      ...{ version, startedAt, keys, rotationDue, retiringUses, unrecorded, backup: backups },
      inFlight: line.door.inFlight,
      waiting: { door: line.door.waiting, upstream: line.fleet.places.waiting, record: waiting },
      writer: store.writer.stats(),
      isStorageHealthy: store.healthy(),
      lagSeconds: lag.worst(),
    };
  };
  const more = () => [...upstreamFamilies(line.fleet, systemClock.tick), ...(traces?.families() ?? [])];
  return createMetricsRoute({ owned, addressOf, traffic, state, more });
}

function pages(
  settings: Settings,
  house: House,
  visitorOf: Rooms["visitorOf"],
  reports: ReportParts,
  programs: Rooms["groups"],
): Pick<Rooms, "groups" | "lost"> {
  const { owners, reader, assets, line } = house;
  const { dashboardEnabled: hasDashboard, modelName: model, timezone: zone } = settings;
  const isTrusted = networkCheck(settings.trustedProxies);
  const parts: PageParts = {
    owned: owners.owned,
    supplied: house.suppliers.supplied,
    kept: house.kept,
    assets,
    reader,
    visitorOf,
    isSecure: (request, peer) =>
      settings.tlsCert !== null || (isTrusted(peer) && request.headers.get("x-forwarded-proto") === "https"),
    clock: systemClock,
    version,
    zone,
    home: `${settings.tlsCert ? "https" : "http"}://localhost:${settings.port}`,
    basePath: settings.basePath ?? "",
    model,
    hasDashboard,
    settings: effectiveSettings(settings),
    alertRoom: house.alertRoom,
    costs: house.costs,
    vitals: reports.vitals,
    answerPrograms: (request, peer) => (asksForJson(request) ? answerOlderRequests(reports, request, peer) : null),
    logError: line.log.error,
  };
  const dashboard = hasDashboard
    ? createDashboard(parts)
    : createNoDashboard(parts, () =>
        line.log.info("Somebody looked for the dashboard, which DASHBOARD_ENABLED=false turns off"),
      );
  return { groups: [createHome(parts), createDocs(parts, programs), dashboard], lost: lost(parts) };
}

function vitalsIn(settings: Settings, { store, line, backups }: House): Promise<Vitals> {
  return vitalsOf(settings.dataDir, {
    writer: store.writer.stats(),
    isStorageHealthy: store.healthy(),
    inFlight: line.open.size,
    unrecorded: store.recorder.stats().unrecorded,
    keep: { rowDays: settings.retentionDays || null, maxBytes: settings.retentionMaxBytes },
    backups: settings.backupEveryMs ? { lastAt: backups.lastAt, failed: backups.failed } : null,
  });
}

function answers(line: Line, settings: Settings, journal: ResponseJournal): Rooms["apis"] {
  const { cacheMaxSize: responsesPerKey, cacheDefaultTtlMs: ageMs } = settings;
  const apis = createApis(line.clock, { responsesPerKey, ageMs }, journal);
  return {
    chat: createForward(line, apis.chat),
    messages: createForward(line, apis.messages),
    count_tokens: createTokenCount(line, apis.count_tokens),
    responses: createForward(line, apis.responses),
    completions: createForward(line, apis.completions),
    embeddings: createForward(line, apis.embeddings),
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

function ownHeaders(
  { api, record, verified, reservation, calledTick, stoodIn }: Exchange,
  settings: Settings,
): Record<string, string> {
  const { arrival, facts } = record;
  const headers: Record<string, string> = { ...reservation?.headers };
  if (calledTick > 0 || facts.queuedMs > 0) headers["x-zgate-queue-ms"] = String(Math.round(facts.queuedMs));
  if (stoodIn) headers["x-zgate-model"] = facts.modelServed;
  if (settings.requestTracing) {
    headers["x-request-id"] = record.requestId;
    // Anthropic's clients look for the same under their own name.
    if (api.name === "messages" || api.name === "count_tokens") headers["request-id"] = record.requestId;
  }
  if (settings.performanceMonitoring) {
    const total = systemClock.tick() - arrival.acceptedTick;
    const upstream = facts.upstreamMs || (calledTick > 0 ? systemClock.tick() - calledTick : 0);
    headers["openai-processing-ms"] = total.toFixed(0);
    headers["x-zgate-overhead-ms"] = Math.max(0, total - upstream - facts.queuedMs).toFixed(3);
  }
  if (verified?.retiringUntil) headers["x-key-expires-at"] = new Date(verified.retiringUntil).toISOString();
  return headers;
}

function crossOrigin({ request }: Exchange, { corsOrigins }: Settings): Record<string, string> {
  return corsHeaders(request.headers.get("origin"), corsOrigins);
}

/** The path of a request as it was asked for: with a hostile Host header, `url` is a bare path that `URL` would refuse. */
function pathOf(url: string): string {
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", start);
  return start < 0 ? "/" : url.slice(start, query < 0 ? undefined : query);
}
