import { createAlertsRoutes } from "~/admin/alerts-routes.ts";
import { createCapturesRoutes } from "~/admin/captures-routes.ts";
import { createCostsRoutes } from "~/admin/costs-routes.ts";
import { createKeysRoutes } from "~/admin/keys-routes.ts";
import { answerOlderRequests, asksForJson, createReports, type ReportParts } from "~/admin/reports-routes.ts";
import { createUpstreamsRoutes } from "~/admin/upstreams-routes.ts";
import { createApis } from "~/apis/index.ts";
import type { Rooms } from "~/app.ts";
import type { ResponseJournal } from "~/capture/responses.ts";
import { systemClock } from "~/clock.ts";
import { effectiveSettings } from "~/config/effective.ts";
import type { Settings } from "~/config.ts";
import { createDashboard, createHome, createNoDashboard, lost } from "~/dashboard/routes.tsx";
import type { PageParts } from "~/dashboard/visit.tsx";
import { type Vitals, vitalsOf } from "~/dashboard/vitals.ts";
import { createDocs } from "~/docs/routes.tsx";
import { createTokenCount } from "~/gateway/count-tokens.ts";
import { createForward, type Line } from "~/gateway/forward.ts";
import { createOwnKey } from "~/gateway/own-key.ts";
import { createModels, createRefusal } from "~/gateway/plain.ts";
import { fleetReport, fleetState } from "~/gateway/report.ts";
import { clientAddress } from "~/gateway/visitor.ts";
import type { House, Watch } from "~/house.ts";
import { networkCheck } from "~/keys/networks.ts";
import { createMetricsRoute } from "~/metrics/routes.ts";
import { upstreamFamilies } from "~/metrics/upstreams.ts";
import { version } from "~/version.ts";
import { jsonHeaders } from "~/wire/headers.ts";

/** What stands behind each URL of `app.ts`. */
export function furnish(settings: Settings, house: House): Rooms {
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

/** The path of a request as it was asked for: with a hostile Host header, `url` is a bare path that `URL` would refuse. */
function pathOf(url: string): string {
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", start);
  return start < 0 ? "/" : url.slice(start, query < 0 ? undefined : query);
}
